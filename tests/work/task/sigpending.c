// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals that wait: from kill, from a child that ended, from a timer, many of one number, per thread. */
#include <pthread.h>

#include "tests/work/work.h"

static atomic_int up;
static pid_t tid;

static int take(int sig, siginfo_t *si)
{
	struct timespec zero = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, si, &zero);
}

static void *thread(void *arg)
{
	siginfo_t si;

	tid = syscall(SYS_gettid);
	up++;
	work_wait();
	while (!arg || up < 3)
		work_sleep(1);
	CHECK_EQ(take(SIGUSR2, &si), SIGUSR2);
	CHECK_EQ(si.si_code, SI_USER);	/* SI_TKILL, which libc hides */
	CHECK_EQ(si.si_pid, getpid());
	CHECK_EQ(take(SIGUSR2, &si), -1);
	return NULL;
}

int main(void)
{
	siginfo_t si, sent;
	sigset_t all;
	pthread_t t;
	pid_t pid, me = getpid();
	int i;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	CHECK(pthread_create(&t, NULL, thread, &all) == 0);
	while (!up)
		work_sleep(1);
	pid = work_fork();
	if (pid == 0) {
		CHECK(kill(me, SIGTERM) == 0);
		work_up();
		_exit(55);
	}
	while (waitid(P_PID, pid, &si, WEXITED | WNOWAIT))
		;
	for (i = 0; i < 300; i++) {
		memset(&sent, 0, sizeof(sent));
		sent.si_code = SI_MESGQ;	/* any negative code may be sent, and what it carries is free */
		sent.si_value.sival_int = i;
		sent.si_pid = 1;
		sent.si_uid = 4242;
		CHECK(syscall(SYS_rt_sigqueueinfo, me, SIGRTMAX, &sent) == 0);
	}
	CHECK(syscall(SYS_tgkill, me, tid, SIGUSR2) == 0);

	work_ready();

	up = 3;
	CHECK_EQ(take(SIGTERM, &si), SIGTERM);
	CHECK_EQ(si.si_code, SI_USER);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(take(SIGCHLD, &si), SIGCHLD);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_status, 55);
	CHECK_EQ(take(SIGCHLD, &si), -1);
	for (i = 0; i < 300; i++) {
		CHECK_EQ(take(SIGRTMAX, &si), SIGRTMAX);
		CHECK(si.si_code == SI_MESGQ && si.si_value.sival_int == i);
		CHECK(si.si_pid == 1 && si.si_uid == 4242);
	}
	CHECK_EQ(take(SIGRTMAX, &si), -1);
	pthread_join(t, NULL);
	work_join(pid, 55);
	work_pass();
}
