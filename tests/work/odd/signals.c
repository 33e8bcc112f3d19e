// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals in odd states: what is queued, where a handler stands, who waits for one, and with which mask. */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <ucontext.h>

#include "tests/work/odd/odd.h"

#define SA_RESTORER 0x4000000

static atomic_int caught[65], depth;
static siginfo_t told[65];
static void *stack_at[65];

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	told[sig] = *si;
	stack_at[sig] = &sig;
	caught[sig]++;
}

static void on(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void block(int how, int sig, sigset_t *old)
{
	sigset_t s;

	sigemptyset(&s);
	if (sig)
		sigaddset(&s, sig);
	else
		sigfillset(&s);
	CHECK(pthread_sigmask(how, &s, old) == 0);
}

static int masked(int sig)
{
	sigset_t s;

	CHECK(pthread_sigmask(SIG_BLOCK, NULL, &s) == 0);
	return sigismember(&s, sig);
}

/* in_call() - has thread @tid come to a system call of this number? */
static void in_call(pid_t tid, long nr)
{
	char path[64], buf[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	do {
		usleep(1000);
		fd = odd_open(path, O_RDONLY);
		CHECK(read(fd, buf, sizeof(buf) - 1) >= 0);
		close(fd);
	} while (!buf[0] || strtol(buf, NULL, 10) != nr || buf[0] == 'r');
}

/* Any signal with any code and any payload, as only a process may send them to itself. */
ODD(queued_to_self)
{
	static const int codes[] = { SI_QUEUE, SI_MESGQ, SI_ASYNCIO, SI_SIGIO, SI_TKILL, SI_USER, SI_KERNEL,
				     SEGV_MAPERR, SEGV_PKUERR, BUS_MCEERR_AO, -7, -60 };
	siginfo_t si, got;
	sigset_t s;
	unsigned int i;
	int sig;

	block(SIG_BLOCK, 0, NULL);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
			memset(&si, 0, sizeof(si));
			work_fill((char *)&si + 16, 32, sig * 100 + i);
			si.si_signo = sig;
			si.si_code = codes[i];
			si.si_errno = i;
			CHECK_EQ(syscall(i & 1 ? SYS_rt_sigqueueinfo : SYS_rt_tgsigqueueinfo, getpid(), i & 1 ? sig : getpid(),
					 i & 1 ? (long)&si : sig, i & 1 ? 0 : (long)&si), 0);
		}
	}
	work_ready();
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		sigemptyset(&s);
		sigaddset(&s, sig);
		for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
			/* those to the thread come first, each kind in order */
			unsigned int n = i < 6 ? i * 2 : (i - 6) * 2 + 1;

			memset(&got, 0, sizeof(got));
			/* glibc's sigwaitinfo(3) makes SI_USER of SI_TKILL */
			CHECK_EQ(syscall(SYS_rt_sigtimedwait, &s, &got, NULL, 8), sig);
			CHECK_EQ(got.si_code, codes[n]);
			CHECK_EQ(got.si_errno, n);
			CHECK(work_same((char *)&got + 16, 32, sig * 100 + n));
		}
	}
	CHECK(sigpending(&s) == 0 && !sigismember(&s, SIGRTMIN) && !sigismember(&s, SIGRTMAX));
}

static char alt[65536] __attribute__((aligned(64)));

static void waits_on_it(int sig, siginfo_t *si, void *uc)
{
	stack_t ss;

	note(sig, si, uc);
	CHECK(sigaltstack(NULL, &ss) == 0);
	if (sig == SIGUSR1) {
		CHECK_EQ(ss.ss_flags, SS_ONSTACK);
		raise(SIGUSR2);			/* nested, and on the same one */
		CHECK(sigaltstack(NULL, &ss) == 0 && ss.ss_flags == SS_ONSTACK);
		CHECK(sigaltstack(&ss, NULL) == -1 && errno == EPERM);
	} else {
		work_ready();
		CHECK(sigaltstack(NULL, &ss) == 0);
		CHECK_EQ(ss.ss_flags, SS_ONSTACK);
		CHECK(ss.ss_sp == alt && ss.ss_size == sizeof(alt));
	}
}

ODD(altstack_in_use)
{
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };

	CHECK(sigaltstack(&ss, NULL) == 0);
	on(SIGUSR1, waits_on_it, SA_ONSTACK);
	on(SIGUSR2, waits_on_it, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(caught[SIGUSR1] == 1 && caught[SIGUSR2] == 1);
	CHECK((char *)stack_at[SIGUSR2] > alt && stack_at[SIGUSR2] < stack_at[SIGUSR1]);
	CHECK(sigaltstack(NULL, &ss) == 0 && !ss.ss_flags && ss.ss_sp == alt);
}

static void disarmed(int sig, siginfo_t *si, void *uc)
{
	stack_t ss;

	note(sig, si, uc);
	CHECK(sigaltstack(NULL, &ss) == 0 && ss.ss_flags == SS_DISABLE);
	work_ready();
	CHECK(sigaltstack(NULL, &ss) == 0 && ss.ss_flags == SS_DISABLE);
}

/* While its handler runs, the task has no alternate stack at all; the return brings it back. */
ODD(altstack_autodisarm)
{
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt), .ss_flags = (int)(1U << 31) };

	CHECK(sigaltstack(&ss, NULL) == 0);
	on(SIGUSR1, disarmed, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK((char *)stack_at[SIGUSR1] > alt && (char *)stack_at[SIGUSR1] < alt + sizeof(alt));
	CHECK(sigaltstack(NULL, &ss) == 0);
	CHECK(ss.ss_sp == alt && ss.ss_size == sizeof(alt) && (unsigned int)ss.ss_flags == 1U << 31);
}

static void deeper(int sig, siginfo_t *si, void *uc)
{
	volatile double d = sig * 1.5;
	int here = depth++;

	note(sig, si, uc);
	CHECK(masked(sig));
	if (here < 9)
		raise(sig + 1);
	else
		work_ready();
	CHECK(d == sig * 1.5);
	CHECK(masked(sig) && !masked(sig + 1));
	CHECK_EQ(--depth, here);
}

ODD(handlers_in_handlers)
{
	int i;

	for (i = 0; i < 10; i++)
		on(SIGRTMIN + i, deeper, 0);
	raise(SIGRTMIN);
	for (i = 0; i < 10; i++)
		CHECK(caught[SIGRTMIN + i] == 1 && !masked(SIGRTMIN + i));
}

static int blocked_pipe[2], kind;
static pid_t waiter_tid;
static long waiter_ret;
static int waiter_errno;

/* A wait with a mask of its own: SIGUSR1 can come in it, and not before or after. */
static void *masked_wait(void *arg)
{
	struct pollfd p = { .fd = blocked_pipe[0], .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN };
	struct timespec ts = { 100, 0 };
	int ep = epoll_create1(0);
	sigset_t s, all;
	fd_set rd;

	(void)arg;
	block(SIG_BLOCK, SIGUSR1, NULL);
	block(SIG_BLOCK, SIGUSR2, NULL);
	CHECK(pthread_sigmask(SIG_BLOCK, NULL, &all) == 0);
	s = all;
	sigdelset(&s, SIGUSR1);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, blocked_pipe[0], &ev) == 0);
	FD_ZERO(&rd);
	FD_SET(blocked_pipe[0], &rd);
	waiter_tid = syscall(SYS_gettid);
	switch (kind) {
	case 0:
		waiter_ret = ppoll(&p, 1, &ts, &s);
		break;
	case 1:
		waiter_ret = ppoll(&p, 1, NULL, &s);
		break;
	case 2:
		waiter_ret = pselect(blocked_pipe[0] + 1, &rd, NULL, NULL, &ts, &s);
		break;
	case 3:
		waiter_ret = epoll_pwait(ep, &ev, 1, -1, &s);
		break;
	case 4:
		waiter_ret = epoll_pwait2(ep, &ev, 1, &ts, &s);
		break;
	case 5:
		waiter_ret = sigsuspend(&s);
		break;
	}
	waiter_errno = errno;
	CHECK(pthread_sigmask(SIG_BLOCK, NULL, &s) == 0);
	CHECK(!memcmp(&s, &all, 8));
	return NULL;
}

static void waits_with_mask(int k)
{
	static const long nr[] = { SYS_ppoll, SYS_ppoll, SYS_pselect6, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_rt_sigsuspend };
	pthread_t t;

	kind = k;
	on(SIGUSR1, note, SA_RESTART);
	on(SIGUSR2, note, SA_RESTART);
	CHECK(pipe(blocked_pipe) == 0);
	CHECK(pthread_create(&t, NULL, masked_wait, NULL) == 0);
	while (!waiter_tid)
		usleep(1000);
	in_call(waiter_tid, nr[k]);
	work_ready();
	pthread_kill(t, SIGUSR2);		/* masked: it must not end the wait */
	usleep(100000);
	CHECK(!caught[SIGUSR2]);
	pthread_kill(t, SIGUSR1);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK_EQ(waiter_ret, -1);
	CHECK_EQ(waiter_errno, EINTR);
	CHECK_EQ(caught[SIGUSR1], 1);
}

ODD(mask_of_ppoll) { waits_with_mask(0); }
ODD(mask_of_ppoll_forever) { waits_with_mask(1); }
ODD(mask_of_pselect) { waits_with_mask(2); }
ODD(mask_of_epoll_pwait) { waits_with_mask(3); }
ODD(mask_of_epoll_pwait2) { waits_with_mask(4); }
ODD(mask_of_sigsuspend) { waits_with_mask(5); }

static void *sig_waiter(void *arg)
{
	struct timespec ts = { 60, 0 };
	siginfo_t si = { 0 };
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + (long)arg);
	waiter_tid = syscall(SYS_gettid);
	CHECK_EQ(arg ? sigtimedwait(&s, &si, &ts) : sigwaitinfo(&s, &si), SIGRTMIN + (long)arg);
	CHECK_EQ(si.si_value.sival_int, 40 + (long)arg);
	CHECK_EQ(si.si_code, SI_QUEUE);
	CHECK(masked(SIGRTMIN + (long)arg));
	return NULL;
}

/* The signals waited for are unmasked while it waits, which nothing tells but the mask it has then. */
ODD(in_sigwaitinfo)
{
	pthread_t t[3];
	long i;

	block(SIG_BLOCK, 0, NULL);
	for (i = 0; i < 3; i++) {
		waiter_tid = 0;
		CHECK(pthread_create(&t[i], NULL, sig_waiter, (void *)i) == 0);
		while (!waiter_tid)
			usleep(1000);
		in_call(waiter_tid, SYS_rt_sigtimedwait);
	}
	work_ready();
	for (i = 2; i >= 0; i--) {
		CHECK(sigqueue(getpid(), SIGRTMIN + i, (union sigval){ .sival_int = 40 + i }) == 0);
		CHECK(pthread_join(t[i], NULL) == 0);
	}
}

static void *restartable_read(void *arg)
{
	char c;

	waiter_tid = syscall(SYS_gettid);
	waiter_ret = read(blocked_pipe[0], &c, 1);
	waiter_errno = errno;
	return arg;
}

static void read_and_signal(int flags, long want)
{
	pthread_t t;

	on(SIGUSR1, note, flags);
	CHECK(pipe(blocked_pipe) == 0);
	CHECK(pthread_create(&t, NULL, restartable_read, NULL) == 0);
	while (!waiter_tid)
		usleep(1000);
	in_call(waiter_tid, SYS_read);
	work_ready();
	pthread_kill(t, SIGUSR1);
	usleep(100000);
	CHECK_EQ(caught[SIGUSR1], 1);
	odd_put(blocked_pipe[1], "x");
	CHECK(pthread_join(t, NULL) == 0);
	CHECK_EQ(waiter_ret, want);
	if (want < 0)
		CHECK_EQ(waiter_errno, EINTR);
}

ODD(read_that_restarts) { read_and_signal(SA_RESTART, 1); }
ODD(read_that_does_not) { read_and_signal(0, -1); }

/* What is set comes back bit by bit, and so does what the kernel takes away by itself. */
ODD(action_flags)
{
	static const int flags[] = { SA_NOCLDSTOP, SA_NOCLDWAIT, SA_ONSTACK, SA_RESTART, SA_NODEFER, (int)SA_RESETHAND,
				     0x800, SA_NODEFER | (int)SA_RESETHAND };
	struct sigaction sa;
	int i;

	for (i = 0; i < 8; i++)
		on(SIGRTMIN + i, note, flags[i]);
	on(SIGWINCH, note, SA_RESETHAND);
	raise(SIGWINCH);
	on(SIGCHLD, note, SA_NOCLDWAIT);
	signal(SIGTTOU, SIG_IGN);
	work_ready();
	for (i = 0; i < 8; i++) {
		CHECK(sigaction(SIGRTMIN + i, NULL, &sa) == 0 && sa.sa_sigaction == note);
		CHECK_EQ(sa.sa_flags & ~SA_RESTORER, flags[i] | SA_SIGINFO);
	}
	CHECK(sigaction(SIGWINCH, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	CHECK_EQ(sa.sa_flags & ~SA_RESTORER, SA_SIGINFO | (int)SA_RESETHAND);
	CHECK(sigaction(SIGTTOU, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
	if (!fork())
		_exit(3);
	CHECK(wait(NULL) == -1 && errno == ECHILD);	/* SA_NOCLDWAIT: it leaves no zombie */
	CHECK_EQ(caught[SIGCHLD], 1);
}

/* Signals that are ignored, and masked: they are queued all the same. */
ODD(ignored_but_masked)
{
	sigset_t s;

	block(SIG_BLOCK, SIGUSR1, NULL);
	block(SIG_BLOCK, SIGRTMIN, NULL);
	block(SIG_BLOCK, SIGCHLD, NULL);
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	CHECK(sigqueue(getpid(), SIGCHLD, (union sigval){ .sival_int = 5 }) == 0);
	CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 6 }) == 0);
	CHECK(sigpending(&s) == 0);
	CHECK(sigismember(&s, SIGUSR1));
	work_ready();
	CHECK(sigpending(&s) == 0);
	CHECK(sigismember(&s, SIGUSR1) && sigismember(&s, SIGCHLD) && sigismember(&s, SIGRTMIN));
	on(SIGUSR1, note, 0);
	on(SIGCHLD, note, 0);
	on(SIGRTMIN, note, 0);
	block(SIG_UNBLOCK, 0, NULL);
	CHECK(caught[SIGUSR1] == 1 && caught[SIGCHLD] == 1 && caught[SIGRTMIN] == 1);
	CHECK_EQ(told[SIGCHLD].si_value.sival_int, 5);
	CHECK_EQ(told[SIGRTMIN].si_value.sival_int, 6);
}

/* SIGCHLD of children that ended, stopped and went on, queued as the kernel made it. */
ODD(sigchld_payload)
{
	pid_t a;
	siginfo_t si;

	block(SIG_BLOCK, SIGCHLD, NULL);
	a = fork();
	if (!a) {
		raise(SIGSTOP);
		_exit(9);
	}
	CHECK(waitid(P_PID, a, &si, WSTOPPED | WNOWAIT) == 0);
	work_ready();
	on(SIGCHLD, note, 0);
	block(SIG_UNBLOCK, SIGCHLD, NULL);
	CHECK_EQ(told[SIGCHLD].si_code, CLD_STOPPED);
	CHECK_EQ(told[SIGCHLD].si_pid, a);
	CHECK_EQ(told[SIGCHLD].si_status, SIGSTOP);
	CHECK(waitid(P_PID, a, &si, WSTOPPED | WNOHANG) == 0 && si.si_pid == a && si.si_status == SIGSTOP);
	si.si_pid = 0;
	CHECK(waitid(P_PID, a, &si, WSTOPPED | WNOHANG) == 0 && !si.si_pid);
	block(SIG_BLOCK, SIGCHLD, NULL);	/* that it goes on would interrupt the wait */
	kill(a, SIGCONT);
	CHECK(waitid(P_PID, a, &si, WEXITED) == 0 && si.si_status == 9);
}

/* A full queue: RLIMIT_SIGPENDING is reached, and the next one fails as before. */
ODD(queue_full)
{
	int n = 0, first;

	block(SIG_BLOCK, SIGRTMIN, NULL);
	while (n < 5000 && sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = n }) == 0)
		n++;
	work_ready();
	for (first = 0; first < n; first++) {
		sigset_t s;
		siginfo_t si;

		sigemptyset(&s);
		sigaddset(&s, SIGRTMIN);
		CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN);
		CHECK_EQ(si.si_value.sival_int, first);
	}
}

static void *thread_with_signal(void *arg)
{
	block(SIG_BLOCK, 0, NULL);
	(*(atomic_int *)arg)++;
	work_wait();
	return NULL;
}

/* A signal to the process that all threads but one mask, and those masked by all. */
ODD(to_process_with_threads)
{
	atomic_int up = 0;
	pthread_t t[3];
	sigset_t s;
	int i;

	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, thread_with_signal, &up) == 0);
	while (up < 3)
		usleep(1000);
	on(SIGUSR1, note, 0);
	on(SIGUSR2, note, 0);
	block(SIG_BLOCK, SIGUSR2, NULL);
	pthread_kill(t[1], SIGUSR2);
	kill(getpid(), SIGUSR2);
	work_ready();
	CHECK(sigpending(&s) == 0 && sigismember(&s, SIGUSR2));
	block(SIG_UNBLOCK, SIGUSR2, NULL);
	CHECK_EQ(caught[SIGUSR2], 1);
	CHECK_EQ(told[SIGUSR2].si_code, SI_USER);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(caught[SIGUSR1], 1);
	for (i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}
