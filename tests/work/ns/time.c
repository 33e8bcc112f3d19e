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

/* Every 10 ms, blocked: its signal is queued. */
static void ticking(clockid_t clock, int sig, int *id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig };
	struct itimerspec its = { { 0, 10000000 }, { 0, 10000000 } };

	CHECK(syscall(SYS_timer_create, clock, &ev, id) == 0);
	CHECK(syscall(SYS_timer_settime, *id, 0, &its, NULL) == 0);
}

/* It is, with what was missed since, and the next is 10 ms away. */
static void still_ticking(int sig, int id)
{
	const struct timespec moment = { .tv_sec = 2 };
	struct itimerspec left;
	siginfo_t si;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_EQ(sigtimedwait(&set, &si, &(struct timespec){ 0 }), sig);
	CHECK(si.si_overrun >= 0 && si.si_overrun < 100 * 600);
	CHECK(syscall(SYS_timer_gettime, id, &left) == 0);
	CHECK(!left.it_value.tv_sec && left.it_value.tv_nsec <= 10000000);
	CHECK_EQ(sigtimedwait(&set, &si, &moment), sig);
}

int main(int argc, char **argv)
{
	char before[200], after[200];
	long long mono = now(CLOCK_MONOTONIC), boot = now(CLOCK_BOOTTIME);
	struct itimerspec its = { .it_value.tv_sec = mono / 1000000000 + 3600 }, left;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	pid_t pid;

	int ticks[2];
	sigset_t set;

	if (argc > 1 && !strcmp(argv[1], "children")) {
		CHECK(unshare(0x80 /* CLONE_NEWTIME */) == 0);
		work_ready();
		return 0;
	}
	offsets(before, sizeof(before));
	CHECK(argc > 1 || mono > 1000000LL * 1000000000);	/* see tests/res/ns/time.bats */
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGRTMIN + 2);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	ticking(CLOCK_MONOTONIC, SIGRTMIN + 1, &ticks[0]);
	ticking(CLOCK_BOOTTIME, SIGRTMIN + 2, &ticks[1]);
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
	still_ticking(SIGRTMIN + 1, ticks[0]);
	still_ticking(SIGRTMIN + 2, ticks[1]);
	work_join(pid, 4);
	work_pass();
}
