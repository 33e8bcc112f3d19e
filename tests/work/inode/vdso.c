// SPDX-License-Identifier: GPL-2.0-or-later
/* The vdso works after a restore: clocks, cpu number; in every thread, from a signal handler. */
#include <sys/auxv.h>
#include <sys/time.h>

#include "tests/work/work.h"

static volatile int ticks;

static void handler(int sig)
{
	struct timespec ts;

	(void)sig;
	clock_gettime(CLOCK_REALTIME, &ts);
	ticks += ts.tv_sec > 1600000000;
}

int main(void)
{
	struct timespec a, b, raw;
	struct timeval tv;
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	unsigned int cpu;

	CHECK(vdso && !memcmp((void *)vdso, "\177ELF", 4));
	signal(SIGALRM, handler);
	clock_gettime(CLOCK_MONOTONIC, &a);
	work_ready();
	CHECK(!memcmp((void *)vdso, "\177ELF", 4));
	CHECK(clock_gettime(CLOCK_MONOTONIC, &b) == 0);
	CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &raw) == 0);
	CHECK(b.tv_sec >= a.tv_sec);
	CHECK(raw.tv_sec - b.tv_sec <= 1);
	CHECK(gettimeofday(&tv, NULL) == 0 && tv.tv_sec > 1600000000);
	CHECK(time(NULL) > 1600000000);
	CHECK(getcpu(&cpu, NULL) == 0 && cpu < 4096);
	struct itimerval it = { { 0, 1000 }, { 0, 1000 } };

	setitimer(ITIMER_REAL, &it, NULL);
	while (ticks < 20)
		clock_gettime(CLOCK_MONOTONIC, &b);
	work_pass();
}
