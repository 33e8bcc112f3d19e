// SPDX-License-Identifier: GPL-2.0-or-later
/* Children that were stopped and continued, which their parent has waited for, or not yet (WCONTINUED). */
#include <pthread.h>

#include "tests/work/work.h"

static int *may_end;

static volatile sig_atomic_t conts, childs;

static void on_cont(int sig)
{
	(void)sig;
	conts++;
}

static void on_child(int sig)
{
	(void)sig;
	childs++;
}

static void *beside(void *p)
{
	while (!__atomic_load_n(may_end, __ATOMIC_RELAXED))
		work_sleep(1);
	return p;
}

static pid_t child(bool threads, void (*handler)(int))
{
	pid_t pid = work_fork();
	pthread_t t[2];
	int i;

	if (pid)
		return pid;
	signal(SIGCONT, handler);
	for (i = 0; i < 2 && threads; i++)
		CHECK(pthread_create(&t[i], NULL, beside, NULL) == 0);
	work_up();
	beside(NULL);
	for (i = 0; i < 2 && threads; i++)
		pthread_join(t[i], NULL);
	_exit(10 + conts);
}

/* waitid(2) may tell before the signal has come. */
static void wait_sigchld(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK(sigwait(&set, &sig) == 0);
}

static void stop(pid_t pid)
{
	siginfo_t si;

	CHECK(kill(pid, SIGSTOP) == 0);
	wait_sigchld();
	CHECK(waitid(P_PID, pid, &si, WSTOPPED) == 0);
}

static void go_on(pid_t pid)
{
	siginfo_t si;

	CHECK(kill(pid, SIGCONT) == 0);
	wait_sigchld();
	CHECK(waitid(P_PID, pid, &si, WCONTINUED | WNOWAIT) == 0);
	CHECK_EQ(si.si_code, CLD_CONTINUED);
}

static int is_continued(pid_t pid)
{
	siginfo_t si = { 0 };

	CHECK(waitid(P_PID, pid, &si, WCONTINUED | WNOHANG) == 0);
	CHECK(!si.si_pid || si.si_code == CLD_CONTINUED);
	return si.si_pid == pid;
}

int main(void)
{
	pid_t untold, told, threads, never, caught;
	sigset_t set;

	may_end = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(may_end != MAP_FAILED);
	untold = child(false, SIG_DFL);
	told = child(false, SIG_DFL);
	threads = child(true, SIG_DFL);
	never = child(false, SIG_DFL);
	caught = child(false, on_cont);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	stop(untold);
	go_on(untold);
	stop(told);
	go_on(told);
	CHECK(is_continued(told));
	stop(threads);
	go_on(threads);
	stop(caught);
	go_on(caught);
	signal(SIGCHLD, on_child);
	sigprocmask(SIG_UNBLOCK, &set, NULL);

	work_ready();

	CHECK_EQ(childs, 0);
	CHECK(is_continued(untold));
	CHECK(!is_continued(untold));
	CHECK(!is_continued(told));
	CHECK(is_continued(threads));
	CHECK(!is_continued(never));
	CHECK(is_continued(caught));
	/* It has had its SIGCONT before, once. */
	signal(SIGCHLD, SIG_DFL);
	__atomic_store_n(may_end, 1, __ATOMIC_RELAXED);
	work_join(caught, 11);
	work_join(untold, 10);
	work_join(told, 10);
	work_join(threads, 10);
	work_join(never, 10);
	work_pass();
}
