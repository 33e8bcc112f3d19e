// SPDX-License-Identifier: GPL-2.0-or-later
/* Who waits for whom: futexes of all kinds, timers of all clocks, and how a task is scheduled meanwhile. */
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

#include "tests/work/odd/odd.h"

static atomic_int up;
static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* A robust mutex, shared, whose owner dies after the restore: the next one is told. */
ODD(robust_owner_dies)
{
	pthread_mutex_t *m = shared(sizeof(*m));
	pthread_mutexattr_t a;
	pid_t p;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	CHECK(pthread_mutex_init(m, &a) == 0);
	p = work_fork();
	if (!p) {
		CHECK(pthread_mutex_lock(m) == 0);
		work_up();
		work_wait();
		_exit(6);
	}
	work_ready();
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	CHECK(pthread_mutex_consistent(m) == 0 && pthread_mutex_unlock(m) == 0);
	work_join(p, 6);
}

static pthread_mutex_t pi;
static void *wants_pi(void *arg)
{
	up++;
	CHECK(pthread_mutex_lock(&pi) == 0);
	(*(int *)arg)++;
	CHECK(pthread_mutex_unlock(&pi) == 0);
	return NULL;
}

/* A mutex with priority inheritance, held, and two that wait for it in the kernel. */
ODD(pi_with_waiters)
{
	pthread_mutexattr_t a;
	pthread_t t[2];
	int n = 0, i;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	CHECK(pthread_mutex_init(&pi, &a) == 0);
	CHECK(pthread_mutex_lock(&pi) == 0);
	for (i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, wants_pi, &n) == 0);
	while (up < 2)
		usleep(1000);
	usleep(100000);
	work_ready();
	CHECK_EQ(n, 0);
	CHECK(pthread_mutex_trylock(&pi) == EBUSY);
	CHECK(pthread_mutex_unlock(&pi) == 0);
	for (i = 0; i < 2; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK_EQ(n, 2);
}

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;
static void *waits_for_turn(void *arg)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 3600;
	CHECK(pthread_mutex_lock(&mu) == 0);
	up++;
	while (turn != (long)arg)
		CHECK(((long)arg & 1 ? pthread_cond_wait(&cond, &mu) : pthread_cond_timedwait(&cond, &mu, &ts)) == 0);
	turn++;
	pthread_cond_broadcast(&cond);
	CHECK(pthread_mutex_unlock(&mu) == 0);
	return NULL;
}

/* Condition variables, with and without a moment at which they give up; barriers that are not full. */
static pthread_barrier_t bar;
static void *at_barrier(void *arg)
{
	up++;
	pthread_barrier_wait(&bar);
	return arg;
}

ODD(conditions_and_barriers)
{
	pthread_t t[8], b[3];
	long i;

	CHECK(pthread_barrier_init(&bar, NULL, 4) == 0);
	for (i = 0; i < 8; i++)
		CHECK(pthread_create(&t[i], NULL, waits_for_turn, (void *)(i + 1)) == 0);
	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&b[i], NULL, at_barrier, NULL) == 0);
	while (up < 11)
		usleep(1000);
	usleep(50000);
	work_ready();
	CHECK(pthread_mutex_lock(&mu) == 0);
	turn = 1;
	pthread_cond_broadcast(&cond);
	CHECK(pthread_mutex_unlock(&mu) == 0);
	for (i = 0; i < 8; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK_EQ(turn, 9);
	pthread_barrier_wait(&bar);
	for (i = 0; i < 3; i++)
		CHECK(pthread_join(b[i], NULL) == 0);
}

/* Waits for one of several words (5.16), with a moment at which it is over; a bitset; a word of a file. */
struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };
static uint32_t words[4], bits;
static void *waits_many(void *arg)
{
	struct waitv w[4] = { 0 };
	struct timespec ts;
	int i;

	for (i = 0; i < 4; i++)
		w[i] = (struct waitv){ .uaddr = (uintptr_t)&words[i], .flags = 2 | 128 };
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 1000;
	up++;
	*(long *)arg = syscall(449 /* futex_waitv */, w, 4, 0, &ts, CLOCK_MONOTONIC);
	return NULL;
}

static void *waits_bits(void *arg)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += 1000;
	up++;
	*(long *)arg = syscall(SYS_futex, &bits, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | FUTEX_PRIVATE_FLAG, 0, &ts, NULL, 0x10);
	return NULL;
}

static void *waits_file(void *arg)
{
	up++;
	CHECK_EQ(syscall(SYS_futex, arg, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
	return NULL;
}

/* Who waited when it was frozen waits anew once it has run again. */
static int wakes(uint32_t *word, int op, uint32_t mask)
{
	int i, n = 0;

	for (i = 0; i < 2000 && !n; i++) {
		n = syscall(SYS_futex, word, op, 1, NULL, NULL, mask);
		if (!n)
			usleep(5000);
	}
	return n;
}

ODD(futexes)
{
	int fd = odd_open("f", O_CREAT | O_RDWR);
	uint32_t *file, *other;
	pthread_t t[3];
	long a = -5, b = -5;

	CHECK(ftruncate(fd, 8192) == 0);
	file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(pthread_create(&t[0], NULL, waits_many, &a) == 0);
	CHECK(pthread_create(&t[1], NULL, waits_bits, &b) == 0);
	CHECK(pthread_create(&t[2], NULL, waits_file, file + 7) == 0);
	while (up < 3)
		usleep(1000);
	usleep(100000);
	if (a == -1)
		work_skip("no futex_waitv(2)");
	work_ready();
	CHECK_EQ(syscall(SYS_futex, &bits, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0x01), 0);
	CHECK_EQ(wakes(&bits, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, 0x30), 1);
	CHECK_EQ(wakes(&words[2], FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 0), 1);
	CHECK_EQ(wakes(other + 7, FUTEX_WAKE, 0), 1);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK_EQ(a, 2);
	CHECK_EQ(b, 0);
}

/* POSIX timers of all clocks, with gaps in their numbers, and of all kinds of notification. */
static volatile int ticks[65];
static void on_tick(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	ticks[sig] += si->si_code == SI_TIMER ? 1 : 1000;
}

static void by_thread(union sigval v)
{
	(*(atomic_int *)v.sival_ptr)++;
}

ODD(timers_of_all_clocks)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID };
	struct itimerspec late = { { 0, 0 }, { 600, 500000000 } }, often = { { 0, 30000000 }, { 0, 30000000 } }, is;
	struct sigaction sa = { .sa_sigaction = on_tick, .sa_flags = SA_SIGINFO };
	static atomic_int called;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL };
	timer_t id[16], th;
	int i, last;
	long end;

	for (i = 0; i < 16; i++) {
		ev.sigev_notify = i < 12 ? SIGEV_SIGNAL : SIGEV_NONE;
		ev.sigev_signo = SIGRTMIN + i % 16;
		CHECK(sigaction(ev.sigev_signo, &sa, NULL) == 0);
		CHECK(timer_create(clocks[i % 5], &ev, &id[i]) == 0);
	}
	ev = (struct sigevent){ .sigev_notify = SIGEV_THREAD, .sigev_value.sival_ptr = &called, .sigev_notify_function = by_thread };
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &th) == 0 && timer_settime(th, 0, &often, NULL) == 0);
	for (i = 0; i < 16; i += 3)
		CHECK(timer_delete(id[i]) == 0);
	for (i = 0; i < 16; i++)
		if (i % 3)
			CHECK(timer_settime(id[i], 0, i % 2 ? &late : &often, NULL) == 0);
	work_ready();
	last = called;
	for (end = work_ms() + 300; work_ms() < end;)
		usleep(10000);			/* signals come meanwhile */
	CHECK(called > last);
	for (i = 0; i < 16; i++) {
		if (!(i % 3)) {
			CHECK(timer_gettime(id[i], &is) == -1);
			continue;
		}
		CHECK(timer_gettime(id[i], &is) == 0);
		CHECK_EQ(is.it_interval.tv_nsec, i % 2 ? 0 : 30000000);
		if (!(i % 2) && i % 5 != 4 && i < 12)
			CHECK(ticks[SIGRTMIN + i] > 0 && ticks[SIGRTMIN + i] < 1000);
		if (i % 2 && i % 5 == 4)
			CHECK(is.it_value.tv_sec >= 500);		/* has hardly computed */
	}
}

/* Scheduling that differs from thread to thread, a slice of its own (6.12), and what a child would inherit. */
struct sattr { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t runtime, deadline, period; };
static void set_sched(struct sattr a)
{
	a.size = sizeof(a);
	if (syscall(SYS_sched_setattr, 0, &a, 0))
		work_skip("sched_setattr: %m");
}

static void *scheduled(void *arg)
{
	static const struct sattr v[] = {
		{ .policy = SCHED_BATCH, .nice = 7 }, { .policy = SCHED_IDLE }, { .policy = SCHED_OTHER, .nice = -5, .flags = 1 },
		{ .policy = SCHED_OTHER, .nice = 3, .runtime = 5000000 }, { .policy = SCHED_BATCH, .nice = 19, .flags = 1, .runtime = 700000 },
	};
	struct sattr before = { 0 }, after = { 0 };
	cpu_set_t one, got;

	set_sched(v[(long)arg]);
	CPU_ZERO(&one);
	CPU_SET((long)arg % 2, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	CHECK(syscall(SYS_sched_getattr, 0, &before, sizeof(before), 0) == 0);
	up++;
	work_wait();
	CHECK(syscall(SYS_sched_getattr, 0, &after, sizeof(after), 0) == 0);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK(sched_getaffinity(0, sizeof(got), &got) == 0 && CPU_EQUAL(&one, &got));
	return NULL;
}

ODD(scheduled_apart)
{
	pthread_t t[5];
	long i;

	for (i = 0; i < 5; i++)
		CHECK(pthread_create(&t[i], NULL, scheduled, (void *)i) == 0);
	while (up < 5)
		usleep(1000);
	work_ready();
	for (i = 0; i < 5; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}

/* One thread has filters of its own, then all get one (TSYNC): each has what it had, in that order. */
static void filter(unsigned int nr, unsigned int err, unsigned int flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p), 0);
}

static void *synced(void *arg)
{
	up++;
	work_wait();
	CHECK(syscall(SYS_getpgid, 0) == -1 && errno == 11);
	CHECK(syscall(SYS_getpriority, 0, 0) == -1 && errno == 22);
	return arg;
}

ODD(filters_of_all_threads)
{
	pthread_t t[2];
	pid_t p;
	int i;

	filter(SYS_getpriority, 33, 0);
	for (i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, synced, NULL) == 0);
	while (up < 2)
		usleep(1000);
	filter(SYS_getpriority, 22, 0);
	filter(SYS_getpgid, 11, SECCOMP_FILTER_FLAG_TSYNC);
	p = work_fork();
	if (!p) {
		filter(SYS_getsid, 44, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
		work_up();
		work_wait();
		CHECK(syscall(SYS_getsid, 0) == -1 && errno == 44 && syscall(SYS_getpgid, 0) == -1 && errno == 11);
		_exit(0);
	}
	work_ready();
	CHECK(syscall(SYS_getsid, 0) > 0);
	CHECK(syscall(SYS_getpgid, 0) == -1 && errno == 11);
	for (i = 0; i < 2; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	work_join(p, 0);
}

/* Every registration for membarrier(2): what it allows goes on. */
ODD(membarriers)
{
	static const int reg[] = { MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ };
	static const int use[] = { MEMBARRIER_CMD_GLOBAL_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED,
		MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ };
	bool can[4];
	int i;

	for (i = 0; i < 4; i++)
		can[i] = syscall(SYS_membarrier, reg[i], 0, 0) == 0;
	work_ready();
	for (i = 0; i < 4; i++)
		CHECK(!can[i] || syscall(SYS_membarrier, use[i], 0, 0) == 0);
}

/* alarm(2) and the other interval timers keep their time and their period. */
ODD(alarms)
{
	struct itimerval v = { { 0, 700000 }, { 900, 0 } }, p = { { 3, 0 }, { 5, 0 } }, is;

	CHECK(setitimer(ITIMER_VIRTUAL, &v, NULL) == 0 && setitimer(ITIMER_PROF, &p, NULL) == 0);
	alarm(1000);
	work_ready();
	CHECK(getitimer(ITIMER_VIRTUAL, &is) == 0 && is.it_interval.tv_usec == 700000 && is.it_value.tv_sec >= 898);
	CHECK(getitimer(ITIMER_PROF, &is) == 0 && is.it_interval.tv_sec == 3 && is.it_value.tv_sec >= 3);
	CHECK(getitimer(ITIMER_REAL, &is) == 0 && !is.it_interval.tv_sec && is.it_value.tv_sec > 900 && is.it_value.tv_sec <= 1000);
}
