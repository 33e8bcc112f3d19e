// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interval timers; POSIX timers of all clocks and notifications, with ids, overruns and queued expiries.
 * many: 5000 of them, more than one tape can ask for: armed or not, and some that have run out.
 */
#include <pthread.h>
#include <sys/time.h>

#include "tests/work/work.h"

static int make(clockid_t clk, int notify, int sig, void *v, pid_t tid)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig };
	int id = -1;

	ev.sigev_value.sival_ptr = v;
	ev._sigev_un._tid = tid;
	CHECK(syscall(SYS_timer_create, clk, &ev, &id) == 0);
	return id;
}

static void arm(int id, int flags, long first_ms, long every_ms)
{
	struct itimerspec it = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000000 },
		.it_interval = { every_ms / 1000, every_ms % 1000 * 1000000 },
	};

	CHECK(syscall(SYS_timer_settime, id, flags, &it, NULL) == 0);
}

static void left(int id, long *value, long *interval)
{
	struct itimerspec it;

	CHECK(syscall(SYS_timer_gettime, id, &it) == 0);
	*value = it.it_value.tv_sec * 1000 + it.it_value.tv_nsec / 1000000;
	*interval = it.it_interval.tv_sec * 1000 + it.it_interval.tv_nsec / 1000000;
}

#define MANY 5000

/* Every 7th is not armed, every 10th runs out and is queued. */
static bool fires(int i)
{
	return i % 10 == 3;
}

static void many(void)
{
	static int ids[MANY], came[MANY];
	struct timespec zero = { 0, 0 };
	sigset_t set;
	siginfo_t si;
	long v, every;
	int i, n = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
	for (i = 0; i < MANY; i++) {
		ids[i] = make(i & 1 ? CLOCK_MONOTONIC : CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1,
			      (void *)(1000000L + i), 0);
		if (fires(i))
			arm(ids[i], 0, 1, 0);
		else if (i % 7)
			arm(ids[i], 0, 3600000 + 1000 * i, i);
	}
	work_sleep(100);

	work_ready();

	for (i = 0; i < MANY; i++) {
		left(ids[i], &v, &every);
		if (fires(i) || !(i % 7))
			CHECK(v == 0 && every == 0);
		else
			CHECK(v > 3000000 + 1000 * i && v <= 3600000 + 1000 * i && every == i);
	}
	while (sigtimedwait(&set, &si, &zero) > 0) {
		i = si.si_value.sival_int - 1000000;
		CHECK(i >= 0 && i < MANY && si.si_code == SI_TIMER && si.si_timerid == ids[i]);
		CHECK(fires(i) && !came[i]++);
		n++;
	}
	CHECK_EQ(n, MANY / 10);
	for (i = 0; i < MANY; i++)
		CHECK(syscall(SYS_timer_delete, ids[i]) == 0);
	work_pass();
}

int main(int argc, char **argv)
{
	struct itimerval iv = { { 7, 5000 }, { 1000, 0 } };
	struct timespec zero = { 0, 0 };
	int hole, a, b, c, d, e;
	long v, i, n;
	siginfo_t si;
	sigset_t set;

	if (argc > 1 && !strcmp(argv[1], "many"))
		many();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGRTMIN + 2);
	CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);

	CHECK(setitimer(ITIMER_REAL, &iv, NULL) == 0);
	CHECK(setitimer(ITIMER_VIRTUAL, &iv, NULL) == 0);
	CHECK(setitimer(ITIMER_PROF, &iv, NULL) == 0);
	hole = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, NULL, 0);
	a = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1, (void *)0x1122334455667788, 0);
	b = make(CLOCK_REALTIME, SIGEV_NONE, 0, NULL, 0);
	c = make(CLOCK_BOOTTIME, SIGEV_THREAD_ID, SIGRTMIN + 2, (void *)2, getpid());
	d = make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, (void *)3, 0);
	e = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, (void *)4, 0);
	CHECK(syscall(SYS_timer_delete, hole) == 0);
	arm(a, 0, 10, 10);		/* fires while blocked: one signal, many overruns */
	arm(b, 0, 2000000, 3000);
	arm(c, 0, 10, 0);		/* fires once */
	arm(d, 0, 5000000, 5000000);
	work_sleep(200);

	work_ready();

	CHECK(getitimer(ITIMER_REAL, &iv) == 0);
	CHECK(iv.it_interval.tv_sec == 7 && iv.it_interval.tv_usec == 5000);
	CHECK(iv.it_value.tv_sec > 800 && iv.it_value.tv_sec < 1000);
	CHECK(getitimer(ITIMER_VIRTUAL, &iv) == 0);
	CHECK(iv.it_interval.tv_sec == 7 && iv.it_value.tv_sec > 900);
	CHECK(getitimer(ITIMER_PROF, &iv) == 0);
	CHECK(iv.it_interval.tv_sec == 7 && iv.it_value.tv_sec > 900);

	left(b, &v, &i);
	CHECK(v > 1900000 && v < 2000000 && i == 3000);
	left(d, &v, &i);
	CHECK(v > 4900000 && v <= 5000000 && i == 5000000);
	left(e, &v, &i);
	CHECK(v == 0 && i == 0);
	left(c, &v, &i);
	CHECK(v == 0 && i == 0);
	CHECK(syscall(SYS_timer_gettime, hole, &(struct itimerspec){ 0 }) == -1);

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 2);
	CHECK_EQ(sigtimedwait(&set, &si, &zero), SIGRTMIN + 2);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK_EQ(si.si_value.sival_int, 2);
	CHECK_EQ(si.si_timerid, c);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_EQ(sigtimedwait(&set, &si, &zero), SIGRTMIN + 1);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK(si.si_value.sival_ptr == (void *)0x1122334455667788);
	CHECK(si.si_overrun >= 10);
	for (n = 0; n < 3; n++) {	/* and it goes on */
		struct timespec sec = { 1, 0 };

		CHECK_EQ(sigtimedwait(&set, &si, &sec), SIGRTMIN + 1);
	}
	work_pass();
}
