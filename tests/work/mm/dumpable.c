// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes of other users, with threads: one is dumpable, so that its /proc is its own, one is not. */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/work/work.h"

#define THREADS 4

static void *waits(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static pid_t child(int dumpable, int up[2], int go[2])
{
	pid_t pid = fork();
	pthread_t t;
	struct stat st;
	char c;
	int i;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK(setresgid(1001, 1001, 1001) == 0 && setresuid(1000, 1000, 1000) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0);
	for (i = 0; i < THREADS; i++)
		CHECK(pthread_create(&t, NULL, waits, NULL) == 0);
	CHECK(write(up[1], "u", 1) == 1 && read(go[0], &c, 1) == 1);
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), dumpable);
	CHECK(stat("/proc/self/fd", &st) == 0);
	CHECK_EQ(st.st_uid, dumpable ? 1000 : 0);
	_exit(0);
}

int main(void)
{
	int up[2], go[2], status, i;
	pid_t pid[2];
	char c;

	CHECK(pipe(up) == 0 && pipe(go) == 0);
	for (i = 0; i < 2; i++) {
		pid[i] = child(i, up, go);
		CHECK(read(up[0], &c, 1) == 1);
	}
	work_ready();
	CHECK(write(go[1], "gg", 2) == 2);
	for (i = 0; i < 2; i++) {
		CHECK(waitpid(pid[i], &status, 0) == pid[i]);
		CHECK_EQ(status, 0);
	}
	work_pass();
}
