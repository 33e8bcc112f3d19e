// SPDX-License-Identifier: GPL-2.0-or-later
/* In a domain of Landlock: landlock root|user|net|thread; landlock none has the ids of "user" only. */
#include <grp.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sys/prctl.h>

#include "tests/work/work.h"

#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP 1
#endif

static void restrict_self(bool net)
{
	/* struct landlock_ruleset_attr as of 6.7: file rights, network rights */
	uint64_t rights[2] = { net ? 0 : LANDLOCK_ACCESS_FS_MAKE_SOCK, net ? LANDLOCK_ACCESS_NET_BIND_TCP : 0 };
	int fd = syscall(444, rights, net ? 16 : 8, 0);

	CHECK(fd >= 0);
	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(!syscall(446, fd, 0));
	close(fd);
}

static atomic_bool done;

static void *sandboxed(void *arg)
{
	restrict_self(false);
	done = true;
	for (;;)
		pause();
	return arg;
}

static void become_user(void)
{
	CHECK(!setgroups(0, NULL) && !setresgid(2000, 2000, 2000) && !setresuid(1000, 1000, 1000));
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "none";
	pthread_t t;

	if (!strcmp(how, "none") || !strcmp(how, "user"))
		become_user();
	if (!strcmp(how, "thread")) {
		CHECK(!pthread_create(&t, NULL, sandboxed, NULL));
		while (!done)
			work_sleep(1);
	} else if (strcmp(how, "none")) {
		restrict_self(!strcmp(how, "net"));
	}
	work_ready();
	work_pass();
}
