// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POSIX timers that count the CPU time of one of several threads, made by that or by another: what a profiler has for
 * each. Each counts its own thread's time alone, and its signals come to that.
 */
#include <pthread.h>

#include "tests/work/work.h"

#define N 3
#define STEP 20			/* ms of CPU time */

static int ids[N + 1], turn[N][2];
static atomic_int up, done;
static _Thread_local volatile int ticks;

static void tick(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	CHECK(si->si_code == SI_TIMER);
	ticks++;
}

static int make(clockid_t clock, pid_t tid, long first_ms, long every_ms)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF };
	struct itimerspec it = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000000 },
		.it_interval = { every_ms / 1000, every_ms % 1000 * 1000000 },
	};
	int id = -1;

	ev._sigev_un._tid = tid;
	CHECK(syscall(SYS_timer_create, clock, &ev, &id) == 0);
	CHECK(syscall(SYS_timer_settime, id, 0, &it, NULL) == 0);
	return id;
}

static uint64_t left(int id)
{
	struct itimerspec it;

	CHECK(syscall(SYS_timer_gettime, id, &it) == 0);
	return it.it_value.tv_sec * 1000000000ULL + it.it_value.tv_nsec;
}

static void burn(int until)
{
	long end = work_ms() + 30000;

	while (ticks < until && work_ms() < end)
		;
	CHECK(ticks >= until);
}

/* Without using any. */
static void wait_for(int i)
{
	char c;

	CHECK_EQ(read(turn[i][0], &c, 1), 1);
}

static void *thread(void *arg)
{
	long me = (long)arg;

	ids[me] = make(CLOCK_THREAD_CPUTIME_ID, gettid(), STEP, STEP);
	burn(1);
	up++;
	wait_for(me);
	burn(ticks + 5);
	done++;
	wait_for(me);
	return NULL;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART };
	uint64_t before[N + 1];
	pthread_t t[N];
	clockid_t clock;
	long i, j;

	CHECK(sigaction(SIGPROF, &sa, NULL) == 0);
	for (i = 0; i < N; i++) {
		CHECK(pipe(turn[i]) == 0 && pthread_create(&t[i], NULL, thread, (void *)i) == 0);
		while (up <= i)
			work_sleep(1);
	}
	CHECK(pthread_getcpuclockid(t[1], &clock) == 0);
	ids[N] = make(clock, getpid(), 3600000, 0);

	work_ready();

	for (i = 0; i < N; i++) {
		for (j = 0; j <= N; j++)
			before[j] = left(ids[j]);
		CHECK_EQ(write(turn[i][1], "x", 1), 1);
		while (done <= i)
			work_sleep(2);
		for (j = 0; j < N; j++)	/* to be thawed takes a little */
			CHECK(j == i || before[j] - left(ids[j]) < STEP * 1000000 / 2 || left(ids[j]) > before[j]);
		CHECK((before[N] - left(ids[N]) > 3 * STEP * 1000000) == (i == 1));
	}
	for (i = 0; i < N; i++) {
		CHECK_EQ(write(turn[i][1], "x", 1), 1);
		pthread_join(t[i], NULL);
	}
	CHECK_EQ(ticks, 0);
	work_pass();
}
