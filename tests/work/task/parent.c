// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Children of a thread that is not the first: it alone can wait for them with __WNOTHREAD, and its end
 * is the death of their parent.
 */
#include <pthread.h>

#include "tests/work/work.h"

static volatile sig_atomic_t died;
static atomic_int up, end;
static pid_t watcher, mine;

static void handler(int sig)
{
	died = sig;
}

static pid_t watch(void)
{
	pid_t pid = work_fork();

	if (pid)
		return pid;
	CHECK(signal(SIGUSR2, handler) != SIG_ERR);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0) == 0);
	work_up();
	while (!died)
		work_sleep(5);
	_exit(work_told() ? 5 : 6);
}

static pid_t plain(int status)
{
	pid_t pid = work_fork();

	if (pid)
		return pid;
	work_up();
	work_wait();
	_exit(status);
}

static void *thread(void *arg)
{
	int st;

	(void)arg;
	mine = plain(3);
	watcher = watch();
	up = 1;
	work_wait();
	CHECK_EQ(waitpid(-1, &st, __WNOTHREAD), mine);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3);
	while (!end)
		work_sleep(1);
	return NULL;
}

int main(void)
{
	pid_t first = plain(4);
	pthread_t t;
	int st;

	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!up)
		work_sleep(1);

	work_ready();

	CHECK_EQ(waitpid(-1, &st, __WNOTHREAD), first);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 4);
	CHECK(waitpid(-1, &st, __WNOTHREAD) == -1 && errno == ECHILD);
	end = 1;	/* whose children are the first thread's then */
	pthread_join(t, NULL);
	work_join(watcher, 5);
	work_pass();
}
