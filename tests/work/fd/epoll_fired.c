// SPDX-License-Identifier: GPL-2.0-or-later
/* EPOLLONESHOT items that have fired, on files of all kinds with nothing to say: silent until they are armed again. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "tests/work/work.h"

enum { READS, WRITES, HUNG_UP, TIMES, NESTED, TCP, MPTCP, UNIX, SEVERAL, NR };

static int ep, fds[NR];

static void add(int in, int fd, uint64_t data)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLONESHOT, .data.u64 = data };

	CHECK(epoll_ctl(in, EPOLL_CTL_ADD, fd, &e) == 0);
}

static int fire(int in)
{
	struct epoll_event e[NR];

	return epoll_wait(in, e, NR, 0);
}

static void fill(int fd)
{
	static char buf[4096];

	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	while (write(fd, buf, sizeof(buf)) > 0)
		;
}

/* What is closed says that it is hung up. */
static int listener(int family, int protocol)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, protocol);
	struct sockaddr_un un = { AF_UNIX, "listens" };

	if (fd < 0)
		return -1;
	add(ep, fd, 100);
	CHECK_EQ(fire(ep), 1);
	if (family == AF_UNIX)
		CHECK(bind(fd, (void *)&un, sizeof(un)) == 0);
	CHECK(listen(fd, 3) == 0);
	return fd;
}

static void timer(struct timespec t)
{
	CHECK(timerfd_settime(fds[TIMES], 0, &(struct itimerspec){ .it_value = t }, NULL) == 0);
}

static int inner(void)
{
	int in = epoll_create1(0), fd = eventfd(1, 0);
	struct epoll_event e = { .events = EPOLLIN };

	CHECK(epoll_ctl(in, EPOLL_CTL_ADD, fd, &e) == 0);
	add(ep, in, NESTED);
	CHECK_EQ(fire(ep), 1);
	close(fd);
	return in;
}

/* Each is armed again: it says what there is. */
static void again(int in, int fd, uint32_t events)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLONESHOT };

	CHECK(epoll_ctl(in, EPOLL_CTL_MOD, fd, &e) == 0);
	CHECK_EQ(epoll_wait(in, &e, 1, 5000), 1);
	CHECK_EQ(e.events & events, events);
	CHECK_EQ(fire(in), 0);
}

int main(void)
{
	int r[2], w[2], h[2], other = epoll_create1(0), i, ev;
	struct epoll_event e = { .events = EPOLLIN };
	char c;

	signal(SIGPIPE, SIG_IGN);
	ep = epoll_create1(0);
	CHECK(ep >= 0 && pipe(r) == 0 && pipe(w) == 0 && pipe(h) == 0);
	add(ep, fds[READS] = r[0], READS);
	CHECK(write(r[1], "x", 1) == 1);
	CHECK_EQ(fire(ep), 1);
	CHECK(read(r[0], &c, 1) == 1);
	add(ep, fds[WRITES] = w[1], WRITES);
	CHECK_EQ(fire(ep), 1);
	fill(w[1]);
	add(ep, fds[HUNG_UP] = h[0], HUNG_UP);
	close(h[1]);
	CHECK_EQ(fire(ep), 1);
	fds[TIMES] = timerfd_create(CLOCK_MONOTONIC, 0);
	timer((struct timespec){ 0, 1 });
	add(ep, fds[TIMES], TIMES);
	CHECK_EQ(epoll_wait(ep, &e, 1, 1000), 1);
	timer((struct timespec){ 3600, 0 });
	fds[NESTED] = inner();
	fds[TCP] = listener(AF_INET, IPPROTO_TCP);
	fds[MPTCP] = listener(AF_INET, IPPROTO_MPTCP);
	fds[UNIX] = listener(AF_UNIX, 0);
	/* by a number that is another file now, and twice in another epoll */
	fds[SEVERAL] = dup(r[0]);
	add(ep, fds[SEVERAL], SEVERAL);
	add(other, fds[READS], READS);
	add(other, fds[SEVERAL], SEVERAL);
	CHECK(write(r[1], "y", 1) == 1);
	CHECK_EQ(fire(ep), 1);
	CHECK_EQ(fire(other), 2);
	CHECK(read(r[0], &c, 1) == 1 && c == 'y');
	CHECK(dup2(0, fds[SEVERAL]) == fds[SEVERAL]);

	work_ready();

	CHECK_EQ(fire(ep), 0);
	CHECK_EQ(fire(other), 0);
	CHECK_EQ(fcntl(w[1], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fcntl(r[0], F_GETPIPE_SZ), 65536);
	CHECK(fcntl(r[0], F_SETFL, O_NONBLOCK) == 0 && read(r[0], &c, 1) == -1 && errno == EAGAIN);
	close(w[0]);
	close(r[1]);
	CHECK_EQ(write(w[1], "x", 1), -1);
	CHECK(shutdown(fds[TCP], SHUT_RDWR) == 0 && shutdown(fds[UNIX], SHUT_RDWR) == 0);
	ev = eventfd(1, 0);
	CHECK(epoll_ctl(fds[NESTED], EPOLL_CTL_ADD, ev, &e) == 0);
	timer((struct timespec){ 0, 1 });
	work_sleep(10);
	CHECK_EQ(fire(ep), 0);
	CHECK_EQ(fire(other), 0);
	again(ep, fds[READS], EPOLLHUP);
	again(other, fds[READS], EPOLLHUP);
	again(ep, fds[WRITES], EPOLLERR);
	again(ep, fds[HUNG_UP], EPOLLHUP);
	again(ep, fds[TIMES], EPOLLIN);
	again(ep, fds[NESTED], EPOLLIN);
	again(ep, fds[TCP], EPOLLHUP);
	again(ep, fds[UNIX], EPOLLHUP);
	for (i = 0; i < NR; i++)
		CHECK(fds[i] >= 0 || i == MPTCP);
	work_pass();
}
