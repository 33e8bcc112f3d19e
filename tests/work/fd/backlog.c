// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections that wait to be accepted: idle, with bytes on them, half closed, closed, reset; IPv4, IPv6 and
 * both, with ports that several share, and by MPTCP. With an argument there are few bytes.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define MANY 3000
#define MORE 60000		/* in more than one segment */
#define GROUP 3
#define CALLS 12

static bool small;

enum how { IDLE, BYTES, HALF, CLOSED, RESET, NR_HOW };

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/** struct call - a connection; @fd: the side that connected, -1 if that is closed; @port: its port */
struct call {
	int fd, port;
	enum how how;
};

static socklen_t loopback(union addr *a, int family, int port)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	a->in.sin_port = port;
	if (family == AF_INET6) {
		a->in6.sin6_addr = in6addr_loopback;
		return sizeof(a->in6);
	}
	a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(a->in);
}

static int port_of(int fd)
{
	union addr a;
	socklen_t len = sizeof(a);

	CHECK(getsockname(fd, &a.sa, &len) == 0);
	return a.in.sin_port;
}

static int serve(int family, int protocol, bool both, int share)
{
	int l = socket(family, SOCK_STREAM, protocol), on = 1;
	union addr a;
	socklen_t len = loopback(&a, family, share);

	if (l < 0)
		return -1;
	if (both)
		a.in6.sin6_addr = in6addr_any;
	if (share >= 0)
		CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	else
		a.in.sin_port = 0;
	CHECK(bind(l, &a.sa, len) == 0 && listen(l, 20) == 0);
	return l;
}

static int waiting(int l)
{
	struct tcp_info i;
	socklen_t len = sizeof(i);

	CHECK(getsockopt(l, IPPROTO_TCP, TCP_INFO, &i, &len) == 0);
	return i.tcpi_unacked;
}

static int amount(enum how how)
{
	return how == BYTES && !small ? MORE : MANY;
}

static struct call ring(int family, int port, enum how how)
{
	struct call c = { socket(family, SOCK_STREAM, 0), 0, how };
	struct linger hard = { 1, 0 };
	char buf[MORE];
	union addr a;
	socklen_t len = loopback(&a, family, port);

	CHECK(c.fd >= 0 && connect(c.fd, &a.sa, len) == 0);
	c.port = port_of(c.fd);
	work_fill(buf, sizeof(buf), c.port);
	if (how != IDLE)
		CHECK_EQ(send(c.fd, buf, amount(how), 0), amount(how));
	if (how == HALF)
		CHECK(shutdown(c.fd, SHUT_WR) == 0);
	if (how == RESET)
		CHECK(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	if (how == CLOSED || how == RESET) {
		work_sleep(20);		/* what it sent has come by then */
		close(c.fd);
		c.fd = -1;
	}
	return c;
}

static void take(int fd, size_t n, int seed)
{
	char *buf = malloc(n);
	size_t done = 0;
	ssize_t r = 1;

	while (done < n && r > 0) {
		r = recv(fd, buf + done, n - done, 0);
		done += r > 0 ? r : 0;
	}
	CHECK_EQ(done, n);
	CHECK(work_same(buf, n, seed));
	free(buf);
}

static void answer(int l, const struct call *c)
{
	union addr a;
	socklen_t len = sizeof(a);
	int fd = accept(l, &a.sa, &len);
	char buf[MANY];

	CHECK(fd >= 0);
	CHECK_EQ(ntohs(a.in.sin_port), ntohs(c->port));
	if (c->how != IDLE)
		take(fd, amount(c->how), c->port);
	if (c->how == HALF || c->how == CLOSED)
		CHECK_EQ(recv(fd, buf, 1, 0), 0);
	if (c->how == RESET) {
		CHECK_EQ(recv(fd, buf, 1, 0), -1);
		CHECK_EQ(errno, ECONNRESET);
	}
	if (c->how == IDLE || c->how == BYTES) {
		work_fill(buf, sizeof(buf), 7);
		CHECK_EQ(send(c->fd, buf, MANY, 0), MANY);
		take(fd, MANY, 7);
	}
	if (c->fd >= 0) {
		work_fill(buf, sizeof(buf), 8);
		CHECK_EQ(send(fd, buf, MANY, 0), MANY);
		take(c->fd, MANY, 8);
		close(fd);
		CHECK_EQ(recv(c->fd, buf, 1, 0), 0);
		close(c->fd);
		return;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct { int serve, call, protocol; bool both; } kinds[] = {
		{ AF_INET, AF_INET, 0, false }, { AF_INET6, AF_INET6, 0, false },
		{ AF_INET6, AF_INET, 0, true }, { AF_INET, AF_INET, IPPROTO_MPTCP, false },
	};
	int l[4], g[GROUP], at[GROUP], i, k, port;
	struct call c[4][NR_HOW], shared[CALLS];

	small = argc > 1 && !strcmp(argv[1], "small");
	for (i = 0; i < 4; i++) {
		l[i] = serve(kinds[i].serve, kinds[i].protocol, kinds[i].both, -1);
		for (k = 0; k < NR_HOW && l[i] >= 0; k++) {
			c[i][k] = ring(kinds[i].call, port_of(l[i]), k);
			while (waiting(l[i]) != k + 1)	/* else the next, called from another CPU, may be before it */
				work_sleep(1);
		}
	}
	for (i = 0; i < GROUP; i++)
		g[i] = serve(AF_INET, 0, false, i ? port_of(g[0]) : 0);
	port = port_of(g[0]);
	for (i = 0; i < CALLS; i++)
		shared[i] = ring(AF_INET, port, IDLE);
	work_sleep(50);
	for (i = 0; i < GROUP; i++)
		at[i] = waiting(g[i]);

	work_ready();

	for (i = 0; i < 4; i++) {
		if (l[i] < 0)
			continue;
		CHECK_EQ(waiting(l[i]), NR_HOW);
		for (k = 0; k < NR_HOW; k++)
			answer(l[i], &c[i][k]);
		CHECK_EQ(waiting(l[i]), 0);
	}
	for (i = 0; i < GROUP; i++)
		CHECK_EQ(waiting(g[i]), at[i]);
	for (i = 0; i < GROUP; i++)
		while (waiting(g[i])) {
			union addr a;
			socklen_t len = sizeof(a);
			int fd = accept(g[i], &a.sa, &len);

			for (k = 0; k < CALLS && shared[k].port != a.in.sin_port; k++)
				;
			CHECK(fd >= 0 && k < CALLS);
			CHECK(send(shared[k].fd, "x", 1, 0) == 1);
			CHECK_EQ(recv(fd, &a, sizeof(a), 0), 1);
			close(fd);
			close(shared[k].fd);
		}
	work_pass();
}
