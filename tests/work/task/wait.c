// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Relative timeouts: none is over too early, none lasts longer than it would have, but for the time in which the
 * container does not run. That is measured: whoever sleeps in small pieces counts how many they were.
 */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>

#include "tests/work/work.h"

#define WAIT 6			/* seconds */
#define GONE 4000		/* ms of them are over before the checkpoint */

static atomic_int up, ran_ms, done;
static int word, p[2];

static void do_nanosleep(void)
{
	CHECK_EQ(nanosleep(&(struct timespec){ WAIT, 0 }, NULL), 0);
}

static void do_boottime(void)
{
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &(struct timespec){ WAIT, 0 }, NULL), 0);
}

static void do_poll(void)
{
	struct pollfd f = { .fd = p[0], .events = POLLIN };

	CHECK_EQ(poll(&f, 1, WAIT * 1000), 0);
}

static void do_poll_nothing(void)
{
	CHECK_EQ(poll(NULL, 0, WAIT * 1000), 0);
}

static void do_futex(void)
{
	CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &(struct timespec){ WAIT, 0 }, NULL, 0) == -1 &&
	      errno == ETIMEDOUT);
}

static void (*const calls[])(void) = { do_nanosleep, do_boottime, do_poll, do_poll_nothing, do_futex };
#define N ((long)(sizeof(calls) / sizeof(calls[0])))

static void *waits(void *arg)
{
	long start, ran, was;

	up++;
	start = work_ms();
	ran = ran_ms;
	calls[(long)arg]();
	ran = ran_ms - ran;
	was = work_ms() - start;
	/* a piece is never shorter than it says, and mostly a bit longer */
	if (ran > WAIT * 1000 + 100 || was < WAIT * 1000 - 10)
		work_fail(__FILE__, __LINE__, "call %ld: %ld of %ld ms instead of %d", (long)arg, ran, was, WAIT * 1000);
	done++;
	return NULL;
}

static void *counts(void *arg)
{
	while (done < N) {
		work_sleep(20);
		ran_ms += 20;
	}
	return arg;
}

int main(void)
{
	pthread_t t[N], clock;
	long i;

	CHECK(pipe(p) == 0);
	CHECK(pthread_create(&clock, NULL, counts, NULL) == 0);
	for (i = 0; i < N; i++)
		CHECK(pthread_create(&t[i], NULL, waits, (void *)i) == 0);
	while (up < N)
		work_sleep(1);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		work_skip("the kernel does not describe itself (BTF)");
	work_sleep(GONE);
	work_ready();
	for (i = 0; i < N; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK(pthread_join(clock, NULL) == 0);
	work_pass();
}
