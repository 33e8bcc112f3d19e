// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process switches by prctl(2): timer_create(2) takes numbers; slots for private futexes, as many as
 * no kernel chooses, which all threads share; in a child none of its own, though it has threads.
 */
#include <linux/futex.h>
#include <pthread.h>

#include "tests/work/work.h"

#define TIMER_IDS 77
#define FUTEX_HASH 78
#define SET 1
#define GET 2

static void *waits(void *arg)
{
	work_wait();
	return arg;
}

static void start_thread(pthread_t *t)
{
	CHECK(pthread_create(t, NULL, waits, NULL) == 0);
}

static void none(void)
{
	pthread_t t;

	start_thread(&t);
	CHECK(prctl(FUTEX_HASH, SET, 0, 0, 0) == 0);
	work_up();
	work_wait();
	CHECK_EQ(prctl(FUTEX_HASH, GET, 0, 0, 0), 0);
	CHECK_EQ(prctl(TIMER_IDS, GET, 0, 0, 0), 0);
	CHECK(pthread_join(t, NULL) == 0);
	_exit(3);
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	int id = 123456;
	pthread_t t;
	pid_t child;

	if (prctl(TIMER_IDS, GET, 0, 0, 0) < 0 || prctl(FUTEX_HASH, GET, 0, 0, 0) < 0)
		work_skip("Linux before 6.16");
	child = work_fork();
	if (!child)
		none();
	start_thread(&t);
	CHECK(prctl(FUTEX_HASH, SET, 8192, 0, 0) == 0);
	CHECK(prctl(TIMER_IDS, SET, 0, 0, 0) == 0);

	work_ready();

	CHECK_EQ(prctl(FUTEX_HASH, GET, 0, 0, 0), 8192);
	CHECK_EQ(prctl(TIMER_IDS, GET, 0, 0, 0), 1);
	CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0);
	CHECK_EQ(id, 123456);
	CHECK(pthread_join(t, NULL) == 0);
	work_join(child, 3);
	work_pass();
}
