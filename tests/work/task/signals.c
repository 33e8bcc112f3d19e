// SPDX-License-Identifier: GPL-2.0-or-later
/* Signal actions, masks, alternate stacks, signals queued with their siginfo, to threads and shared. */
#include <pthread.h>

#include "tests/work/work.h"

static volatile int got[65], val[65][8], on_alt;
static char alt[2][65536] __attribute__((aligned(4096)));
static atomic_int up;
static pid_t tid2;

static void handler(int sig, siginfo_t *si, void *uc)
{
	char here;

	(void)uc;
	if (got[sig] < 8)
		val[sig][got[sig]] = si->si_code == SI_QUEUE ? si->si_value.sival_int : -si->si_code;
	got[sig]++;
	if (&here > alt[0] && &here < alt[0] + sizeof(alt[0]))
		on_alt++;
}

/* Without what libc adds. */
static int flags(const struct sigaction *sa)
{
	return sa->sa_flags & ~0x04000000;	/* SA_RESTORER */
}

static void queue(pid_t tid, int sig, int v)
{
	siginfo_t si = { .si_signo = sig, .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = 77 };

	si.si_value.sival_int = v;
	CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, sig, &si) == 0);
}

static void *thread(void *arg)
{
	stack_t ss = { .ss_sp = alt[1], .ss_size = 32768, .ss_flags = 0 }, old;
	struct timespec zero = { 0, 0 };
	siginfo_t si;
	sigset_t set;
	int i;

	(void)arg;
	CHECK(sigaltstack(&ss, NULL) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigaddset(&set, SIGUSR1);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	tid2 = syscall(SYS_gettid);
	for (i = 0; i < 5; i++)
		queue(tid2, SIGRTMIN + 3, 100 + i);
	up++;
	work_wait();

	CHECK(sigaltstack(NULL, &old) == 0);
	CHECK(old.ss_sp == alt[1] && old.ss_size == 32768 && old.ss_flags == 0);
	CHECK(pthread_sigmask(SIG_BLOCK, NULL, &set) == 0);
	CHECK(sigismember(&set, SIGRTMIN + 3) && sigismember(&set, SIGUSR1) && !sigismember(&set, SIGALRM));
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	for (i = 0; i < 5; i++) {
		CHECK_EQ(sigtimedwait(&set, &si, &zero), SIGRTMIN + 3);
		CHECK_EQ(si.si_code, SI_QUEUE);
		CHECK_EQ(si.si_value.sival_int, 100 + i);
		CHECK_EQ(si.si_uid, 77);
		CHECK_EQ(si.si_pid, getpid());
	}
	CHECK(sigtimedwait(&set, &si, &zero) == -1 && errno == EAGAIN);
	return NULL;
}

int main(void)
{
	stack_t ss = { .ss_sp = alt[0], .ss_size = sizeof(alt[0]), .ss_flags = 1 << 31 /* AUTODISARM */ };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER }, o;
	union sigval v;
	sigset_t set;
	pthread_t t;
	int i;

	sigfillset(&sa.sa_mask);
	CHECK(sigaltstack(&ss, NULL) == 0);
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	CHECK(sigaction(SIGRTMIN + 5, &sa, NULL) == 0);
	sa.sa_flags = SA_SIGINFO | SA_RESETHAND;
	CHECK(sigaction(SIGHUP, &sa, NULL) == 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGRTMIN + 5);
	CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!up)
		work_sleep(1);
	for (i = 0; i < 4; i++) {		/* shared, with values */
		v.sival_int = 50 + i;
		CHECK(sigqueue(getpid(), SIGRTMIN + 5, v) == 0);
	}
	CHECK(kill(getpid(), SIGHUP) == 0);	/* SI_USER */
	CHECK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2) == 0);	/* SI_TKILL */

	work_ready();

	CHECK_EQ(got[SIGUSR2] + got[SIGHUP] + got[SIGRTMIN + 5], 0);
	CHECK(sigaction(SIGUSR2, NULL, &o) == 0);
	CHECK(o.sa_sigaction == handler && flags(&o) == (SA_SIGINFO | SA_ONSTACK | SA_NODEFER));
	for (i = 1; i < 32; i++)
		CHECK_EQ(sigismember(&o.sa_mask, i), i != SIGKILL && i != SIGSTOP);
	CHECK(sigaction(SIGRTMIN + 5, NULL, &o) == 0);
	CHECK(flags(&o) == (SA_SIGINFO | SA_RESTART));
	CHECK(sigismember(&o.sa_mask, SIGUSR2) == 1 && sigismember(&o.sa_mask, SIGHUP) == 0);
	CHECK(sigaction(SIGHUP, NULL, &o) == 0);
	CHECK(flags(&o) == (int)(SA_SIGINFO | SA_RESETHAND));
	CHECK(sigaction(SIGPIPE, NULL, &o) == 0);
	CHECK(o.sa_handler == SIG_IGN);
	CHECK(sigaction(SIGTERM, NULL, &o) == 0);
	CHECK(o.sa_handler == SIG_DFL);
	CHECK(sigaltstack(NULL, &ss) == 0);
	CHECK(ss.ss_sp == alt[0] && ss.ss_size == sizeof(alt[0]) && ss.ss_flags == 1 << 31);

	CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0);
	CHECK(sigismember(&set, SIGCHLD) && sigismember(&set, SIGHUP) && !sigismember(&set, SIGUSR1));
	sigdelset(&set, SIGCHLD);
	sigemptyset(&set);
	CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);	/* here they all come */
	CHECK_EQ(got[SIGUSR2], 1);
	CHECK_EQ(val[SIGUSR2][0], -SI_TKILL);
	CHECK_EQ(on_alt, 1);
	CHECK_EQ(got[SIGHUP], 1);
	CHECK_EQ(val[SIGHUP][0], -SI_USER);
	CHECK_EQ(got[SIGRTMIN + 5], 4);
	for (i = 0; i < 4; i++)
		CHECK_EQ(val[SIGRTMIN + 5][i], 50 + i);
	pthread_join(t, NULL);
	work_pass();
}
