// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sockets in every state, alone and in pairs that talk with each other: IPv4, IPv6 and both. With an
 * argument all buffers are small, and so is the checkpoint.
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define LARGE (8 << 20)

static bool small;

enum { ESTABLISHED = 1, FIN_WAIT1 = 4, FIN_WAIT2, CLOSE = 7, CLOSE_WAIT, LAST_ACK, CLOSING = 11 };

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* A connection: @a has called connect(2), @b was accepted */
struct pair {
	int a, b;
	struct tcp_info ia, ib;
	size_t from_a, from_b;		/* bytes written and not read yet */
	int sa, sb;			/* the states it stands in */
};

static void state(int fd, struct tcp_info *i)
{
	socklen_t len = sizeof(*i);

	memset(i, 0, sizeof(*i));
	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, i, &len) == 0);
}

static int state_of(int fd)
{
	struct tcp_info i;

	state(fd, &i);
	return i.tcpi_state;
}

static void wait_state(int fd, int want)
{
	long end = work_ms() + 5000;

	while (state_of(fd) != want && work_ms() < end)
		work_sleep(1);
	CHECK_EQ(state_of(fd), want);
}

static socklen_t loopback(union addr *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET6) {
		a->in6.sin6_addr = in6addr_loopback;
		return sizeof(a->in6);
	}
	a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(a->in);
}

static int option(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = -1;

	CHECK(getsockopt(fd, level, name, &v, &len) == 0);
	return v;
}

static void set(int fd, int level, int name, int v)
{
	CHECK(setsockopt(fd, level, name, &v, sizeof(v)) == 0);
}

/* @serve: family of the listener; an IPv6 one takes IPv4 too if it is bound to no address */
static struct pair connect_pair(int serve, int family)
{
	struct pair p = { .sa = ESTABLISHED, .sb = ESTABLISHED };
	int l = socket(serve, SOCK_STREAM, 0);
	socklen_t len;
	union addr at, to;

	len = loopback(&at, serve);
	if (serve != family)
		at.in6.sin6_addr = in6addr_any;
	set(l, SOL_SOCKET, SO_REUSEADDR, 1);
	if (small)
		set(l, SOL_SOCKET, SO_RCVBUF, 4000);
	CHECK(bind(l, &at.sa, len) == 0 && listen(l, 4) == 0);
	CHECK(getsockname(l, &at.sa, &len) == 0);
	len = loopback(&to, family);
	to.in.sin_port = at.in.sin_port;
	p.a = socket(family, SOCK_STREAM, 0);
	if (small)
		set(p.a, SOL_SOCKET, SO_RCVBUF, 4000);
	CHECK(connect(p.a, &to.sa, len) == 0);
	p.b = accept(l, NULL, NULL);
	CHECK(p.b >= 0);
	close(l);
	if (small) {
		set(p.a, SOL_SOCKET, SO_SNDBUF, 30000);
		set(p.b, SOL_SOCKET, SO_SNDBUF, 30000);
	}
	return p;
}

/* Write @n bytes, or until no more fit. */
static size_t give(int fd, size_t n, uint64_t seed)
{
	static char buf[LARGE];
	size_t done = 0;
	ssize_t w = 1;

	work_fill(buf, sizeof(buf), seed);
	while (done < n && w > 0) {
		w = send(fd, buf + done, n - done, MSG_DONTWAIT);
		done += w > 0 ? w : 0;
	}
	CHECK(done);
	return done;
}

static void take(int fd, size_t n, uint64_t seed)
{
	char *buf = malloc(n + 1);
	size_t done = 0;
	ssize_t r = 1;

	CHECK(buf);
	while (done < n && r > 0) {
		r = recv(fd, buf + done, n - done, 0);
		done += r > 0 ? r : 0;
	}
	CHECK_EQ(done, n);
	CHECK(work_same(buf, n, seed));
	free(buf);
}

static void ends(int fd)
{
	char c;

	CHECK_EQ(recv(fd, &c, 1, 0), 0);
}

static void remember(struct pair *p)
{
	wait_state(p->a, p->sa);
	wait_state(p->b, p->sb);
	state(p->a, &p->ia);
	state(p->b, &p->ib);
}

static void same_info(int fd, const struct tcp_info *was, int want)
{
	struct tcp_info is;

	state(fd, &is);
	CHECK_EQ(is.tcpi_state, want);
	CHECK_EQ(is.tcpi_options, was->tcpi_options);
	CHECK_EQ(is.tcpi_snd_wscale, was->tcpi_snd_wscale);
	CHECK_EQ(is.tcpi_rcv_wscale, was->tcpi_rcv_wscale);
}

/* An idle one, one with bytes both ways, one that is full. */
static struct pair talking(int serve, int family, size_t ab, size_t ba)
{
	struct pair p = connect_pair(serve, family);

	if (ab)
		p.from_a = give(p.a, ab, 1);
	if (ba)
		p.from_b = give(p.b, ba, 2);
	return p;
}

static void check_talk(struct pair *p)
{
	same_info(p->a, &p->ia, p->sa);
	same_info(p->b, &p->ib, p->sb);
	if (p->from_a)
		take(p->b, p->from_a, 1);
	if (p->from_b)
		take(p->a, p->from_b, 2);
	give(p->a, 1000, 3);
	take(p->b, 1000, 3);
	give(p->b, 1000, 4);
	take(p->a, 1000, 4);
	close(p->a);
	ends(p->b);
	close(p->b);
}

/* @a has said goodbye; @full: behind more than @b has room for */
static struct pair half(bool full)
{
	struct pair p = talking(AF_INET, AF_INET, full ? LARGE : 5, 7);

	shutdown(p.a, SHUT_WR);
	p.sa = full ? FIN_WAIT1 : FIN_WAIT2;
	p.sb = full ? ESTABLISHED : CLOSE_WAIT;
	return p;
}

static void check_half(struct pair *p)
{
	CHECK_EQ(send(p->a, "x", 1, MSG_NOSIGNAL), -1);
	CHECK_EQ(errno, EPIPE);
	take(p->b, p->from_a, 1);
	ends(p->b);
	take(p->a, p->from_b, 2);
	give(p->b, 3000, 5);
	take(p->a, 3000, 5);
	close(p->b);
	ends(p->a);
	close(p->a);
}

/* Both have said goodbye, @a behind more than @b has room for; who of them first? */
static struct pair both(bool a_first)
{
	struct pair p = talking(AF_INET, AF_INET, LARGE, 7);

	if (a_first)
		shutdown(p.a, SHUT_WR);
	shutdown(p.b, SHUT_WR);
	wait_state(p.b, FIN_WAIT2);
	wait_state(p.a, a_first ? CLOSING : CLOSE_WAIT);
	if (!a_first)
		shutdown(p.a, SHUT_WR);
	p.sa = a_first ? CLOSING : LAST_ACK;
	p.sb = FIN_WAIT2;
	return p;
}

static void check_both(struct pair *p)
{
	CHECK_EQ(state_of(p->a), p->sa);
	CHECK_EQ(state_of(p->b), p->sb);
	take(p->a, p->from_b, 2);
	ends(p->a);
	take(p->b, p->from_a, 1);
	ends(p->b);
	close(p->a);
	close(p->b);
}

/* The other side has closed: nobody has it any more. */
static int left_alone(void)
{
	struct pair p = talking(AF_INET, AF_INET, 9, 0);

	close(p.a);
	wait_state(p.b, CLOSE_WAIT);
	return p.b;
}

static void check_left(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	CHECK_EQ(state_of(fd), CLOSE_WAIT);
	take(fd, 9, 1);
	ends(fd);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) == 1);
	pfd.events = 0;
	poll(&pfd, 1, 5000);
	CHECK(pfd.revents & POLLERR);
	close(fd);
}

/* A connection that is over: in peace, or reset. */
static int dead(bool reset)
{
	struct pair p = talking(AF_INET, AF_INET, 11, reset ? 1 : 0);
	struct linger hard = { 1, 0 };

	if (reset) {
		CHECK(setsockopt(p.a, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
		close(p.a);
	} else {
		shutdown(p.b, SHUT_WR);
		wait_state(p.a, CLOSE_WAIT);
		close(p.a);
	}
	wait_state(p.b, CLOSE);
	return p.b;
}

static void check_dead(int fd, bool reset)
{
	CHECK_EQ(state_of(fd), CLOSE);
	if (reset)
		CHECK_EQ(option(fd, SOL_SOCKET, SO_ERROR), ECONNRESET);
	take(fd, 11, 1);
	ends(fd);
	CHECK_EQ(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	CHECK_EQ(errno, EPIPE);
	close(fd);
}

static int bound(int family, union addr *a)
{
	socklen_t len = loopback(a, family);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	CHECK(bind(fd, &a->sa, len) == 0 && getsockname(fd, &a->sa, &len) == 0);
	return fd;
}

static void check_bound(int fd, const union addr *was)
{
	socklen_t len = sizeof(union addr);
	union addr is;

	CHECK(getsockname(fd, &is.sa, &len) == 0);
	CHECK(len <= sizeof(is) && !memcmp(&is, was, len));
	CHECK(listen(fd, 1) == 0);
	close(fd);
}

static void set_options(int fd)
{
	struct linger l = { 1, 7 };

	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 8);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 123000);
	set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 9999);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, IPPROTO_IP, IP_TOS, 0x10);
	set(fd, SOL_SOCKET, SO_PRIORITY, 3);
	set(fd, SOL_SOCKET, SO_RCVBUF, 50000);
	set(fd, SOL_SOCKET, SO_BINDTOIFINDEX, 1);	/* lo */
	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
}

static void check_options(int fd)
{
	struct linger l = { 0, 0 };
	socklen_t len = sizeof(l);
	char name[16] = "";

	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	CHECK_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 77);
	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 8);
	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 123000);
	CHECK_EQ(option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 9999);
	CHECK_EQ(option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	CHECK_EQ(option(fd, SOL_SOCKET, SO_PRIORITY), 3);
	CHECK_EQ(option(fd, IPPROTO_IP, IP_TOS), 0x10);
	CHECK_EQ(option(fd, SOL_SOCKET, SO_RCVBUF), 100000);
	CHECK_EQ(option(fd, SOL_SOCKET, SO_BINDTOIFINDEX), 1);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len) == 0 && l.l_onoff == 1 && l.l_linger == 7);
	len = sizeof(name);
	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
	CHECK_STR(name, "reno");
}

/* A peek in progress, where TCP has that (6.9), and a corked write. */
static bool peeks;

static struct pair corked(void)
{
	struct pair p = connect_pair(AF_INET, AF_INET);

	set(p.a, IPPROTO_TCP, TCP_CORK, 1);
	peeks = !setsockopt(p.b, SOL_SOCKET, SO_PEEK_OFF, &(int){ 2 }, sizeof(int)) || errno != EOPNOTSUPP;
	p.from_a = give(p.a, 6, 1);
	return p;
}

static void check_corked(struct pair *p)
{
	CHECK_EQ(option(p->a, IPPROTO_TCP, TCP_CORK), 1);
	if (peeks)
		CHECK_EQ(option(p->b, SOL_SOCKET, SO_PEEK_OFF), 2);
	set(p->a, IPPROTO_TCP, TCP_CORK, 0);
	if (peeks)
		set(p->b, SOL_SOCKET, SO_PEEK_OFF, -1);
	p->sa = p->sb = ESTABLISHED;
	check_talk(p);
}

int main(int argc, char **argv)
{
	small = argc > 1 && argv[1];

	int fresh = socket(AF_INET, SOCK_STREAM, 0), fresh6 = socket(AF_INET6, SOCK_STREAM, 0);
	union addr at, at6;
	int bound4 = bound(AF_INET, &at), bound6 = bound(AF_INET6, &at6);
	struct pair p[12];
	int left = left_alone(), peace = dead(false), reset = dead(true), n = 0, i;

	p[n++] = talking(AF_INET, AF_INET, 0, 0);
	p[n++] = talking(AF_INET, AF_INET, 100, 70000);
	p[n++] = talking(AF_INET6, AF_INET6, 5000, 0);
	p[n++] = talking(AF_INET6, AF_INET, 10, 20);
	p[n++] = talking(AF_INET, AF_INET, LARGE, LARGE);
	set_options(p[0].a);
	set_options(fresh);
	shutdown(p[3].a, SHUT_RD);
	p[n++] = half(false);
	p[n++] = half(true);
	p[n++] = both(true);
	p[n++] = both(false);
	p[n++] = corked();
	for (i = 0; i < n; i++)
		remember(&p[i]);
	work_ready();
	check_options(fresh);
	check_options(p[0].a);
	CHECK_EQ(state_of(fresh6), CLOSE);
	CHECK_EQ(option(fresh6, SOL_SOCKET, SO_REUSEADDR), 0);
	check_bound(bound4, &at);
	check_bound(bound6, &at6);
	CHECK_EQ(option(p[1].a, SOL_SOCKET, SO_REUSEADDR), 0);
	check_left(left);
	check_dead(peace, false);
	check_dead(reset, true);
	for (i = 0; i < 5; i++)
		check_talk(&p[i]);
	check_half(&p[5]);
	check_half(&p[6]);
	check_both(&p[7]);
	check_both(&p[8]);
	check_corked(&p[9]);
	work_pass();
}
