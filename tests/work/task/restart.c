// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blocking system calls go on as if nothing had been: no EINTR, relative sleeps keep their time. Some
 * say EINTR when they are frozen (signal(7)), so also without crfs; with it not even these: "strict".
 */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/work/work.h"

static int p[2], q[2], in[2], out[2], word, sem;
static bool strict;
static long start, late;
static pid_t kid;
static atomic_int up;

/* Each returns what its call returned, after the state was told or the time was over. */
static void do_nanosleep(void)
{
	struct timespec ts = { 3, 0 }, rem;

	CHECK_EQ(nanosleep(&ts, &rem), 0);
}

static void do_clock_abs(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 2;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
}

static void do_read(void)
{
	char c;

	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'r');
}

static void do_poll(void)
{
	CHECK_EQ(poll(NULL, 0, 3000), 0);
}

static void do_ppoll(void)
{
	struct timespec ts = { 3, 0 };

	CHECK_EQ(ppoll(NULL, 0, &ts, NULL), 0);
}

static void do_select(void)
{
	struct timeval tv = { 3, 0 };

	CHECK_EQ(select(0, NULL, NULL, NULL, &tv), 0);
}

static void do_futex(void)
{
	CHECK_EQ(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
}

static void do_futex_timed(void)
{
	struct timespec ts = { 3, 0 };
	static int other;

	CHECK(syscall(SYS_futex, &other, FUTEX_WAIT, 0, &ts, NULL, 0) == -1 && errno == ETIMEDOUT);
}

static void do_wait4(void)
{
	int st;

	CHECK_EQ(wait4(kid, &st, 0, NULL), kid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 6);
}

static void do_sigtimedwait(void)
{
	struct timespec ts = { 60, 0 };
	siginfo_t si;
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while ((r = sigtimedwait(&set, &si, &ts)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK_EQ(r, SIGUSR1);
}

static void do_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 5 };
	sigset_t none;
	int ep = epoll_create1(0), r;

	sigemptyset(&none);
	sigaddset(&none, SIGUSR1);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, q[0], &e) == 0);
	while ((r = epoll_pwait(ep, &e, 1, -1, &none)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK_EQ(r, 1);
	CHECK_EQ(e.data.u64, 5);
}

static void do_semop(void)
{
	struct sembuf op = { .sem_op = -1 };
	int r;

	while ((r = semop(sem, &op, 1)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK_EQ(r, 0);
}

/* Sockets that have a timeout: with nothing to read, and with no room to write. */
static void do_timed_read(void)
{
	char c;
	int r;

	while ((r = read(in[0], &c, 1)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK(r == 1 && c == 'i');
}

static void do_timed_write(void)
{
	int r;

	while ((r = write(out[0], "o", 1)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK_EQ(r, 1);
}

static void do_events(void)
{
	struct timespec ts = { 2, 0 };
	unsigned long ctx = 0;
	char event[32];
	int r;

	CHECK(syscall(SYS_io_setup, 1, &ctx) == 0);
	while ((r = syscall(SYS_io_getevents, ctx, 1, 1, event, &ts)) == -1 && errno == EINTR)
		CHECK(!strict);
	CHECK_EQ(r, 0);
}

static void do_fcntl(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = open("restart.lock", O_RDWR | O_CREAT, 0600);

	CHECK_EQ(fcntl(fd, F_OFD_SETLKW, &fl), 0);
}

static void (*const calls[])(void) = {
	do_nanosleep, do_clock_abs, do_read, do_poll, do_ppoll, do_select, do_futex, do_futex_timed,
	do_wait4, do_sigtimedwait, do_fcntl, do_epoll, do_semop,
	do_timed_read, do_timed_write, do_events,
};
#define N ((long)(sizeof(calls) / sizeof(calls[0])))

static void *thread(void *arg)
{
	up++;
	calls[(long)arg]();
	return NULL;
}

int main(int argc, char **argv)
{
	struct timeval minute = { 60, 0 };
	struct sembuf post = { .sem_op = 1 };
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	pthread_t t[N];
	sigset_t set;
	long i;
	char full;
	int lock;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	strict = argc > 1 && !strcmp(argv[1], "strict");
	sem = semget(IPC_PRIVATE, 1, 0600);
	CHECK(sem >= 0);
	CHECK(pipe(p) == 0 && pipe(q) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, out) == 0);
	CHECK(setsockopt(in[0], SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute)) == 0);
	CHECK(setsockopt(out[0], SOL_SOCKET, SO_SNDTIMEO, &minute, sizeof(minute)) == 0);
	while (send(out[0], "f", 1, MSG_DONTWAIT) == 1)
		;
	lock = open("restart.lock", O_RDWR | O_CREAT, 0600);
	CHECK(lock >= 0);
	kid = work_fork();
	if (kid == 0) {
		work_up();
		work_wait();
		_exit(6);
	}
	CHECK_EQ(fcntl(lock, F_OFD_SETLK, &fl), 0);
	start = work_ms();
	for (i = 0; i < N; i++)
		CHECK(pthread_create(&t[i], NULL, thread, (void *)i) == 0);
	while (up < N)
		work_sleep(1);
	work_sleep(100);

	work_ready();

	CHECK(write(p[1], "r", 1) == 1 && write(q[1], "q", 1) == 1 && write(in[1], "i", 1) == 1);
	/* Who waits for room to write is told when most of it is free. */
	do
		CHECK_EQ(read(out[1], &full, 1), 1);
	while (full != 'o');
	CHECK(semop(sem, &post, 1) == 0);
	word = 1;
	for (i = 0; i < 500 && syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) < 1; i++)
		work_sleep(10);
	CHECK(i < 500);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	fl.l_type = F_UNLCK;
	CHECK_EQ(fcntl(lock, F_OFD_SETLK, &fl), 0);
	for (i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	semctl(sem, 0, IPC_RMID);
	late = work_ms() - start;
	CHECK(late >= 2900);
	work_pass();
}
