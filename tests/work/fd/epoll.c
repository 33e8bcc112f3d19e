// SPDX-License-Identifier: GPL-2.0-or-later
/* Epoll: targets, events, data; nested; edge triggered and one-shot; on a closed number; a waiter. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "tests/work/work.h"

static int inner, outer, ev;
static atomic_int up;

static void *waiter(void *arg)
{
	struct epoll_event e;
	int r;

	(void)arg;
	up++;
	while ((r = epoll_wait(outer, &e, 1, 60000)) == -1 && errno == EINTR)
		;
	CHECK_EQ(r, 1);
	CHECK_EQ(e.data.u64, 0xabcdef0123456789);
	return NULL;
}

static void add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
}

int main(void)
{
	int p[2], q[2], keep, oneshot;
	struct epoll_event e[4];
	uint64_t one = 1;
	pthread_t t;

	inner = epoll_create1(EPOLL_CLOEXEC);
	outer = epoll_create1(0);
	ev = eventfd(0, EFD_NONBLOCK);
	oneshot = epoll_create1(0);
	CHECK(inner >= 0 && outer >= 0 && ev >= 0 && pipe(p) == 0 && pipe(q) == 0);
	add(inner, ev, EPOLLIN | EPOLLET, 0x1111111111111111);
	add(outer, inner, EPOLLIN, 0xabcdef0123456789);
	/* Added under a number that is closed since; the description lives on in another. */
	add(oneshot, p[0], EPOLLIN | EPOLLONESHOT, 7);
	add(oneshot, q[0], EPOLLIN | EPOLLRDHUP, 8);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK_EQ(epoll_wait(oneshot, e, 4, 1000), 1);	/* used up */
	keep = dup(q[0]);
	close(q[0]);
	CHECK(pthread_create(&t, NULL, waiter, NULL) == 0);
	while (!up)
		work_sleep(1);

	work_ready();

	CHECK_EQ(fcntl(inner, F_GETFD), FD_CLOEXEC);
	CHECK(write(ev, &one, 8) == 8);
	pthread_join(t, NULL);
	CHECK_EQ(epoll_wait(inner, e, 4, 1000), 1);
	CHECK(e[0].data.u64 == 0x1111111111111111 && e[0].events == EPOLLIN);
	CHECK_EQ(epoll_wait(inner, e, 4, 0), 0);	/* edge triggered */
	CHECK_EQ(epoll_wait(oneshot, e, 4, 0), 0);
	CHECK(write(q[1], "y", 1) == 1);
	CHECK_EQ(epoll_wait(oneshot, e, 4, 1000), 1);
	CHECK_EQ(e[0].data.u64, 8);
	e[0].events = EPOLLIN;
	CHECK(epoll_ctl(oneshot, EPOLL_CTL_MOD, p[0], e) == 0);
	CHECK_EQ(epoll_wait(oneshot, e, 4, 1000), 2);
	CHECK(keep >= 0);
	work_pass();
}
