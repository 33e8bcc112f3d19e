// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several mount namespaces: the first has a shared tmpfs; others have a peer of it, a slave, a slave that is
 * shared, a private copy; one has a tmpfs of its own and a read-only bind of a directory of the first's, and
 * is a process with a thread that has left for another one.
 */
#include <pthread.h>
#include <sys/mount.h>

#include "tests/work/work.h"

enum { PEER, SLAVE, SLAVE_SHARED, PRIVATE, NR };

static char top[256];

static const char *in_top(const char *name)
{
	static char path[4][512];
	static int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", top, name);
	return p;
}

/* How many mounts at @point does thread @tid of process @pid see? */
static int sees(pid_t pid, pid_t tid, const char *point)
{
	char path[64], line[4096], where[600];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/mountinfo", pid, tid);
	snprintf(where, sizeof(where), " %s ", point);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, where) != NULL;
	fclose(f);
	return n;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void is(const char *path, const char *text)
{
	char buf[100] = "";
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	CHECK_STR(buf, text);
	close(fd);
}

static volatile pid_t thread_tid;

static void *thread(void *arg)
{
	(void)arg;
	CHECK(unshare(CLONE_FS) == 0 && unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", in_top("shared"), "tmpfs", 0, NULL) == 0);
	write_file(in_top("shared/note"), "the thread's");
	thread_tid = syscall(SYS_gettid);
	work_wait();
	is(in_top("shared/note"), "the thread's");
	return NULL;
}

static void own_things(void)
{
	pthread_t t;

	mkdir(in_top("own"), 0700);
	mkdir(in_top("bound"), 0700);
	CHECK(mount("mine", in_top("own"), "tmpfs", MS_NOSUID, "mode=700,size=64k") == 0);
	write_file(in_top("own/note"), "mine");
	CHECK(mount(in_top("shared/dir"), in_top("bound"), NULL, MS_BIND, NULL) == 0);
	CHECK(mount(NULL, in_top("bound"), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL) == 0);
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!thread_tid)
		work_sleep(1);
	work_up();
	work_wait();
	is(in_top("own/note"), "mine");
	is(in_top("bound/note"), "of the first");
	CHECK(mkdir(in_top("bound/new"), 0700) < 0 && errno == EROFS);
	CHECK(pthread_join(t, NULL) == 0);
}

static void child(int what)
{
	static const unsigned long how[] = { MS_SHARED, MS_SLAVE, MS_SLAVE, MS_PRIVATE };
	char name[32], go[32];

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | how[what], NULL) == 0);
	if (what == SLAVE_SHARED)
		CHECK(mount(NULL, in_top("shared"), NULL, MS_SHARED, NULL) == 0);
	if (what == PRIVATE) {
		own_things();
	} else {
		work_up();
		work_wait();
	}
	snprintf(go, sizeof(go), "turn-%d", what);
	while (access(go, F_OK))
		work_sleep(5);
	snprintf(name, sizeof(name), "shared/by-%d", what);
	CHECK(mkdir(in_top(name), 0700) == 0 && mount("new", in_top(name), "tmpfs", 0, NULL) == 0);
	snprintf(go, sizeof(go), "did-%d", what);
	write_file(go, "x");
	while (access("end", F_OK))
		work_sleep(5);
	_exit(0);
}

static void turn_of(int what)
{
	char name[32];

	snprintf(name, sizeof(name), "turn-%d", what);
	write_file(name, "x");
	snprintf(name, sizeof(name), "did-%d", what);
	while (access(name, F_OK))
		work_sleep(5);
}

int main(void)
{
	/* [who mounts][who sees it]; the first column is ours */
	static const int seen[NR + 1][NR + 1] = {
		[PEER] = { 1, 1, 1, 1, 0 }, [SLAVE] = { 0, 0, 1, 0, 0 }, [SLAVE_SHARED] = { 0, 0, 0, 1, 0 },
		[PRIVATE] = { 0, 0, 0, 0, 1 }, [NR] = { 1, 1, 1, 1, 0 },
	};
	pid_t pid[NR + 1];
	char name[32];
	int i, k;

	CHECK(getcwd(top, sizeof(top)));
	if (unshare(CLONE_NEWNS))
		work_skip("no mount namespaces");
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	mkdir("shared", 0700);
	CHECK(mount("first", "shared", "tmpfs", 0, NULL) == 0 && mount(NULL, "shared", NULL, MS_SHARED, NULL) == 0);
	mkdir("shared/dir", 0700);
	write_file("shared/dir/note", "of the first");
	CHECK(chdir("/") == 0 && chdir(top) == 0);
	pid[0] = getpid();
	for (i = 0; i < NR; i++) {
		pid[i + 1] = work_fork();
		if (!pid[i + 1])
			child(i);
	}

	work_ready();

	for (i = 0; i < NR; i++)
		turn_of(i);
	CHECK(mkdir("shared/by-4", 0700) == 0 && mount("new", "shared/by-4", "tmpfs", 0, NULL) == 0);
	for (i = 0; i <= NR; i++)
		for (k = 0; k <= NR; k++) {
			snprintf(name, sizeof(name), "shared/by-%d", i);
			if (sees(pid[k], pid[k], in_top(name)) != seen[i][k])
				work_fail(__FILE__, __LINE__, "what %d has mounted: does %d see it?", i, k);
		}
	write_file("end", "x");
	for (i = 1; i <= NR; i++)
		work_join(pid[i], 0);
	work_pass();
}
