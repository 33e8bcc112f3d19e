// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of threads, with odd characters, and personality, per process. */
#include <pthread.h>
#include <sys/personality.h>

#include "tests/work/work.h"

static atomic_int up;

static void name_is(const char *want)
{
	char name[16];

	CHECK(prctl(PR_GET_NAME, name, 0, 0, 0) == 0);
	CHECK_STR(name, want);
}

static void *thread(void *arg)
{
	CHECK(prctl(PR_SET_NAME, arg, 0, 0, 0) == 0);
	up++;
	work_wait();
	name_is(arg);
	return NULL;
}

int main(void)
{
	static char *const names[] = { "odd name\n\\", "-", "(a) b) ", "\377\001", "\t in" };
	pthread_t t[5];
	pid_t me = getpid(), pid = work_fork();
	int i;

	if (pid == 0) {
		CHECK(prctl(PR_SET_NAME, "", 0, 0, 0) == 0);
		work_up();
		work_wait();
		name_is("");
		CHECK_EQ(personality(0xffffffff), 0);
		CHECK_EQ(getppid(), me);
		_exit(0);
	}
	CHECK(personality(ADDR_NO_RANDOMIZE | SHORT_INODE) >= 0);
	CHECK(prctl(PR_SET_NAME, "new name", 0, 0, 0) == 0);
	for (i = 0; i < 5; i++)
		CHECK(pthread_create(&t[i], NULL, thread, names[i]) == 0);
	while (up < 5)
		work_sleep(1);
	work_ready();
	CHECK_EQ(getpid(), me);
	CHECK_EQ(getpgrp(), me);
	CHECK_EQ(getsid(0), me);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE | SHORT_INODE);
	name_is("new name");
	for (i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	work_join(pid, 0);
	work_pass();
}
