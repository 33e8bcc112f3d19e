// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits of a stopped process that are over when it goes on: what they wait for has come, or their time has. The
 * kernel continues them from restart blocks; each says what it would have said, and soon. Two rounds: before the second
 * each was continued by restart_syscall(2).
 */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>

#include "tests/work/work.h"

#define LONG 600000		/* ms */

static long brief = 300;	/* ms; what is over before all have been stopped is too short on this machine */

static struct shared {
	atomic_int up, over;
	uint32_t words[2];
} *all;
static int p[2][2], silent[2];

static uint32_t same;

static void do_poll_ready(void *arg)
{
	struct pollfd fds[2] = { { silent[0], POLLIN, 0 }, { *(int *)arg, POLLIN, 0 } };

	CHECK_EQ(poll(fds, 2, LONG), 1);
	CHECK(fds[0].revents == 0 && fds[1].revents == POLLIN);
	CHECK(fds[0].fd == silent[0] && fds[1].fd == *(int *)arg);
}

static void do_poll_for_ever(void *arg)
{
	struct pollfd fd = { *(int *)arg, POLLIN, 0 };

	CHECK_EQ(poll(&fd, 1, -1), 1);
}

static void do_poll_late(void *arg)
{
	struct pollfd fd = { silent[0], POLLIN, 0 };

	(void)arg;
	CHECK_EQ(poll(&fd, 1, brief), 0);
}

static void do_nanosleep_late(void *arg)
{
	struct timespec ts = { brief / 1000, brief % 1000 * 1000000 };

	CHECK_EQ(nanosleep(&ts, arg), 0);
}

static void do_futex_changed(void *arg)
{
	struct timespec ts = { LONG / 1000, 0 };

	CHECK(syscall(SYS_futex, arg, FUTEX_WAIT, 0, &ts, NULL, 0) == -1 && errno == EAGAIN);
}

static void do_futex_late(void *arg)
{
	struct timespec ts = { brief / 1000, brief % 1000 * 1000000 };

	(void)arg;
	CHECK(syscall(SYS_futex, &same, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0) == -1 && errno == ETIMEDOUT);
}

static void until(clockid_t clock, int op)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += brief % 1000 * 1000000;
	ts.tv_sec += brief / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	CHECK(syscall(SYS_futex, &same, op, 0, &ts, NULL, FUTEX_BITSET_MATCH_ANY) == -1 && errno == ETIMEDOUT);
}

static void do_futex_until(void *arg)
{
	(void)arg;
	until(CLOCK_MONOTONIC, FUTEX_WAIT_BITSET_PRIVATE);
}

static void do_futex_until_real(void *arg)
{
	(void)arg;
	until(CLOCK_REALTIME, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME);
}

static struct wait {
	void (*call)(void *);
	void *arg;
} waits[2][9];
#define N ((long)(sizeof(waits[0]) / sizeof(waits[0][0])))

static void *thread(void *arg)
{
	struct wait *w = arg;

	all->up++;
	w->call(w->arg);
	all->over++;
	return NULL;
}

static void list(struct wait *w, int *from, uint32_t *word)
{
	static struct timespec left;

	w[0] = (struct wait){ do_poll_ready, from };
	w[1] = (struct wait){ do_poll_for_ever, from };
	w[2] = (struct wait){ do_poll_late, NULL };
	w[3] = (struct wait){ do_nanosleep_late, NULL };
	w[4] = (struct wait){ do_nanosleep_late, &left };
	w[5] = (struct wait){ do_futex_changed, word };
	w[6] = (struct wait){ do_futex_late, NULL };
	w[7] = (struct wait){ do_futex_until, NULL };
	w[8] = (struct wait){ do_futex_until_real, NULL };
}

static void stop(pid_t pid)
{
	int st;

	CHECK(kill(pid, SIGSTOP) == 0);
	CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
	CHECK(WIFSTOPPED(st));
}

static pid_t waiting(int round)
{
	pthread_t t[N];
	pid_t pid;
	long i;

	all->up = 0;
	list(waits[round], &p[round][0], &all->words[round]);
	pid = fork();
	CHECK(pid >= 0);
	if (pid) {
		while (all->up < N)
			work_sleep(1);
		work_sleep(brief / 3);
		return pid;
	}
	for (i = 0; i < N; i++)
		CHECK(pthread_create(&t[i], NULL, thread, &waits[round][i]) == 0);
	for (i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	_exit(7);
}

/* Stopped while each of them waits; @again: for the second time */
static pid_t stopped(int round, bool again)
{
	pid_t pid;

	for (;;) {
		pid = waiting(round);
		stop(pid);
		if (again && !all->over) {
			CHECK(kill(pid, SIGCONT) == 0);
			work_sleep(brief / 10);
			stop(pid);
		}
		if (!all->over)
			return pid;
		CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
		all->over = 0;
		brief *= 3;
	}
}

int main(void)
{
	pid_t pid[2];
	long begin;
	int i;

	all = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(all != MAP_FAILED);
	CHECK(pipe(p[0]) == 0 && pipe(p[1]) == 0 && pipe(silent) == 0);
	for (i = 0; i < 2; i++) {
		pid[i] = stopped(i, i == 1);
		CHECK_EQ(write(p[i][1], "x", 1), 1);
		all->words[i] = 1;
	}
	work_sleep(brief);

	work_ready();

	CHECK_EQ(all->over, 0);
	CHECK(all->words[0] == 1 && all->words[1] == 1);
	begin = work_ms();
	for (i = 0; i < 2; i++) {
		CHECK(kill(pid[i], SIGCONT) == 0);
		work_join(pid[i], 7);
	}
	CHECK_EQ(all->over, 2 * N);
	CHECK(work_ms() - begin < LONG / 10);
	work_pass();
}
