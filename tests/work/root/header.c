// SPDX-License-Identifier: GPL-2.0-or-later
/* What the header has: clocks never go back, the machine is the same. */
#include <sys/utsname.h>

#include "tests/work/work.h"

static const clockid_t clocks[] = {
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
};

int main(void)
{
	struct timespec a[5], b;
	struct utsname u, v;
	int i;

	for (i = 0; i < 5; i++)
		CHECK(clock_gettime(clocks[i], &a[i]) == 0);
	CHECK(uname(&u) == 0);
	work_ready();
	for (i = 0; i < 5; i++) {
		CHECK(clock_gettime(clocks[i], &b) == 0);
		CHECK(b.tv_sec > a[i].tv_sec || (b.tv_sec == a[i].tv_sec && b.tv_nsec >= a[i].tv_nsec));
	}
	CHECK(uname(&v) == 0 && !strcmp(u.release, v.release) && !strcmp(u.nodename, v.nodename));
	work_pass();
}
