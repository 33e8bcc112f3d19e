// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections whose receiver is full of tiny pieces, each of which takes the room of a packet: what is on its way is
 * sent again and again meanwhile, and some of it comes in. Every byte arrives, once and in order.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define PAIRS 8
#define PATTERN(i) ((char)((i) * 7 + (i) / 251))

struct conn {
	int a, b;
	size_t sent, got;
};

static void set(int fd, int level, int option, int v)
{
	CHECK(setsockopt(fd, level, option, &v, sizeof(v)) == 0);
}

static void open_pair(struct conn *c, int rcvbuf)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	set(l, SOL_SOCKET, SO_RCVBUF, rcvbuf);
	CHECK(bind(l, (void *)&to, sizeof(to)) == 0 && listen(l, 1) == 0 && getsockname(l, (void *)&to, &len) == 0);
	c->a = socket(AF_INET, SOCK_STREAM, 0);
	set(c->a, IPPROTO_TCP, TCP_NODELAY, 1);
	CHECK(connect(c->a, (void *)&to, sizeof(to)) == 0);
	c->b = accept(l, NULL, NULL);
	CHECK(c->b >= 0);
	close(l);
}

/* Pieces of @size, until no more fit or @most are sent. */
static void fill(struct conn *c, size_t size, size_t most)
{
	char buf[100];
	size_t i;

	while (most--) {
		for (i = 0; i < size; i++)
			buf[i] = PATTERN(c->sent + i);
		if (send(c->a, buf, size, MSG_DONTWAIT) != (ssize_t)size)
			return;
		c->sent += size;
	}
}

static void take_all(struct conn *c)
{
	char buf[4096];
	struct pollfd p = { .fd = c->b, .events = POLLIN };
	ssize_t n, i;

	while (c->got < c->sent) {
		CHECK(poll(&p, 1, 10000) == 1);
		n = recv(c->b, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (i = 0; i < n; i++)
			if (buf[i] != PATTERN(c->got + i))
				work_fail(__FILE__, __LINE__, "byte %zu of %zu is another", c->got + i, c->sent);
		c->got += n;
	}
	CHECK(recv(c->b, buf, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

int main(void)
{
	struct conn c[PAIRS] = { 0 };
	int i;

	for (i = 0; i < PAIRS; i++)
		open_pair(&c[i], i % 2 ? 2304 : 20000);
	for (i = 0; i < PAIRS; i++)
		fill(&c[i], i < 4 ? 1 : 33, i < 2 ? 1000 : 20000);
	work_ready();
	for (i = 0; i < PAIRS; i++)
		take_all(&c[i]);
	fill(&c[0], 5, 10);
	take_all(&c[0]);
	work_pass();
}
