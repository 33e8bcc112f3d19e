// SPDX-License-Identifier: GPL-2.0-or-later
/* Timerfds: of three clocks, absolute and relative, never, interval, expired and not read, and that too with an interval. */
#include <limits.h>
#include <sys/timerfd.h>

#include "tests/work/work.h"

static int make(int clk, int flags, long sec, long nsec, long every)
{
	struct itimerspec it = { { every, 0 }, { sec, nsec } };
	int fd = timerfd_create(clk, TFD_NONBLOCK);

	CHECK(fd >= 0 && timerfd_settime(fd, flags, &it, NULL) == 0);
	return fd;
}

int main(void)
{
	struct timespec now;
	struct itimerspec it;
	int a, b, c, d, e, f, g;
	uint64_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	a = make(CLOCK_MONOTONIC, 0, 1000, 0, 5);
	b = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, now.tv_sec + 2000, 0, 0);
	c = make(CLOCK_BOOTTIME, 0, 0, 1, 0);		/* has fired, not read */
	d = make(CLOCK_MONOTONIC, 0, 0, 0, 0);		/* not armed */
	e = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	it = (struct itimerspec){ { 0, 20000000 }, { 0, 20000000 } };
	CHECK(e >= 0 && timerfd_settime(e, 0, &it, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	f = make(CLOCK_MONOTONIC, TFD_TIMER_ABSTIME, now.tv_sec, 0, 600);	/* goes off every ten minutes from then on */
	/* never, but when somebody sets the clock */
	g = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, LONG_MAX, 0, 0);
	work_sleep(110);
	work_ready();
	CHECK(timerfd_gettime(a, &it) == 0);
	CHECK(it.it_interval.tv_sec == 5 && it.it_value.tv_sec > 900 && it.it_value.tv_sec < 1000);
	CHECK(timerfd_gettime(b, &it) == 0);
	CHECK(it.it_interval.tv_sec == 0 && it.it_value.tv_sec > 1900 && it.it_value.tv_sec < 2000);
	CHECK(read(c, &n, 8) == 8 && n == 1);
	CHECK(read(c, &n, 8) == -1 && errno == EAGAIN);
	CHECK(timerfd_gettime(d, &it) == 0 && it.it_value.tv_sec == 0 && it.it_value.tv_nsec == 0);
	CHECK(read(e, &n, 8) == 8 && n >= 5);
	work_sleep(60);
	CHECK(read(e, &n, 8) == 8 && n >= 2 && n < 100);
	CHECK(timerfd_gettime(f, &it) == 0 && it.it_interval.tv_sec == 600);
	CHECK(it.it_value.tv_sec > 300 && it.it_value.tv_sec < 600);
	CHECK(read(f, &n, 8) == 8 && n == 1);
	CHECK(timerfd_gettime(g, &it) == 0 && it.it_value.tv_sec > 5000000000);
	CHECK_EQ(fcntl(e, F_GETFD), FD_CLOEXEC);
	work_pass();
}
