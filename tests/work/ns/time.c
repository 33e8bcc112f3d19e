// SPDX-License-Identifier: GPL-2.0-or-later
/* A time namespace of its own: offsets of the clocks; timers that go by them. */
#include <sys/timerfd.h>

#include "tests/work/work.h"

static long long now(clockid_t clock)
{
	struct timespec ts;

	CHECK(clock_gettime(clock, &ts) == 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Not by the vdso, but by the kernel itself */
static long long asked(clockid_t clock)
{
	struct timespec ts;

	CHECK(syscall(SYS_clock_gettime, clock, &ts) == 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void offsets(char *text, size_t size)
{
	FILE *f = fopen("/proc/self/timens_offsets", "r");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	CHECK(n > 0);
	text[n] = '\0';
	fclose(f);
}

int main(int argc, char **argv)
{
	char before[200], after[200];
	long long mono = now(CLOCK_MONOTONIC), boot = now(CLOCK_BOOTTIME);
	struct itimerspec its = { .it_value.tv_sec = mono / 1000000000 + 3600 }, left;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	pid_t pid;

	(void)argv;
	if (argc > 1) {
		CHECK(unshare(0x80 /* CLONE_NEWTIME */) == 0);
		work_ready();
		return 0;
	}
	offsets(before, sizeof(before));
	CHECK(mono > 1000000LL * 1000000000);	/* see tests/res/ns/time.bats */
	CHECK(fd >= 0 && timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL) == 0);
	pid = work_fork();
	if (pid == 0) {
		work_up();
		work_wait();
		_exit(now(CLOCK_MONOTONIC) > mono ? 4 : 5);
	}

	work_ready();

	offsets(after, sizeof(after));
	CHECK_STR(after, before);
	CHECK(now(CLOCK_MONOTONIC) >= mono && now(CLOCK_MONOTONIC) < mono + 600 * 1000000000LL);
	CHECK(now(CLOCK_BOOTTIME) >= boot && now(CLOCK_BOOTTIME) < boot + 600 * 1000000000LL);
	CHECK(asked(CLOCK_MONOTONIC) - now(CLOCK_MONOTONIC) < 1000000000LL);
	CHECK(now(CLOCK_MONOTONIC) - asked(CLOCK_MONOTONIC) < 1000000000LL);
	CHECK(timerfd_gettime(fd, &left) == 0);
	CHECK(left.it_value.tv_sec <= 3600 && left.it_value.tv_sec > 3000);
	work_join(pid, 4);
	work_pass();
}
