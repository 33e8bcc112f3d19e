// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections that are over and have an error to tell: refused, unreachable, timed out, reset, reset after their
 * end, taken away; some never came to be, some have received something. All tell it, and connect(2) says the same. In a
 * network of its own, since who listens to all of ICMP would hear of it.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t loopback(union addr *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET)
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		a->in6.sin6_addr = in6addr_loopback;
	return family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

static void set(int fd, int level, int option, int v)
{
	CHECK(setsockopt(fd, level, option, &v, sizeof(v)) == 0);
}

static int get(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	CHECK(getsockopt(fd, level, option, &v, &len) == 0);
	return v;
}

static int state_of(int fd)
{
	struct tcp_info i = { .tcpi_state = 0 };
	socklen_t len = sizeof(i);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len) == 0);
	return i.tcpi_state;
}

static void wait_over(int fd)
{
	long end = work_ms() + 8000;

	while (state_of(fd) != 7 && work_ms() < end)
		work_sleep(1);
	CHECK_EQ(state_of(fd), 7);
}

static void set_deaf(int fd, bool on)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { 1, &nothing };

	if (on)
		CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0);
	else
		set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, on ? 1 : 0);
}

/* Nobody is at this port. */
static socklen_t nobody(union addr *a, int family)
{
	int fd = socket(family, SOCK_STREAM, 0);
	socklen_t len = loopback(a, family);

	CHECK(bind(fd, &a->sa, len) == 0 && getsockname(fd, &a->sa, &len) == 0);
	close(fd);
	return len;
}

static int calling(int family, bool deaf, union addr *to)
{
	socklen_t len = nobody(to, family);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (deaf)
		set_deaf(fd, true);
	CHECK(connect(fd, &to->sa, len) < 0 && errno == EINPROGRESS);
	return fd;
}

static int refused(int family)
{
	union addr to;
	int fd = calling(family, false, &to);

	wait_over(fd);
	return fd;
}

/* A router says that it does not know the way. */
static int unreachable(void)
{
	struct {
		struct icmphdr icmp;
		struct iphdr ip;
		uint16_t from, to;
		uint32_t seq;
	} p = { .icmp = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
		.ip = { .version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_TCP, .tot_len = htons(40),
			.saddr = htonl(INADDR_LOOPBACK), .daddr = htonl(INADDR_LOOPBACK) } };
	int fd, raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	union addr to, me;
	socklen_t len = sizeof(me);
	uint32_t sum = 0;
	size_t i;

	fd = calling(AF_INET, true, &to);
	CHECK(getsockname(fd, &me.sa, &len) == 0);
	set(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	p.seq = htonl(get(fd, IPPROTO_TCP, TCP_QUEUE_SEQ) - 1);
	set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
	p.from = me.in.sin_port;
	p.to = to.in.sin_port;
	for (i = 0; i < sizeof(p); i += 2)
		sum += *(uint16_t *)((char *)&p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	p.icmp.checksum = ~(sum + (sum >> 16));
	me.in.sin_port = 0;
	CHECK(sendto(raw, &p, sizeof(p), 0, &me.sa, sizeof(me.in)) == sizeof(p));
	close(raw);
	wait_over(fd);
	set_deaf(fd, false);
	return fd;
}

/* The same of IPv6: it is not allowed. */
static int forbidden(void)
{
	struct {
		struct icmp6_hdr icmp;
		struct ip6_hdr ip;
		uint16_t from, to;
		uint32_t seq;
	} p = { .icmp = { ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN },
		.ip = { .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 9, .ip6_plen = htons(20), .ip6_src = in6addr_loopback,
			.ip6_dst = in6addr_loopback } };
	int fd, raw = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	union addr to, me;
	socklen_t len = sizeof(me);

	p.ip.ip6_vfc = 6 << 4;
	fd = calling(AF_INET6, true, &to);
	CHECK(getsockname(fd, &me.sa, &len) == 0);
	set(fd, IPPROTO_TCP, TCP_REPAIR, 1);
	set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	p.seq = htonl(get(fd, IPPROTO_TCP, TCP_QUEUE_SEQ) - 1);
	set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 0);
	p.from = me.in6.sin6_port;
	p.to = to.in6.sin6_port;
	me.in6.sin6_port = 0;
	CHECK(sendto(raw, &p, sizeof(p), 0, &me.sa, sizeof(me.in6)) == sizeof(p));
	close(raw);
	wait_over(fd);
	set_deaf(fd, false);
	return fd;
}

static int unanswered(void)
{
	union addr to;
	int fd = calling(AF_INET, true, &to);

	wait_over(fd);
	set_deaf(fd, false);
	return fd;
}

struct pair {
	int a, b;
};

/* @b has received eleven bytes. */
static struct pair talking(void)
{
	struct pair p = { .a = socket(AF_INET, SOCK_STREAM, 0) };
	int l = socket(AF_INET, SOCK_STREAM, 0);
	union addr to;
	socklen_t len = loopback(&to, AF_INET);

	CHECK(bind(l, &to.sa, len) == 0 && listen(l, 1) == 0 && getsockname(l, &to.sa, &len) == 0);
	CHECK(connect(p.a, &to.sa, len) == 0);
	p.b = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	close(l);
	CHECK(send(p.a, "eleven byte", 11, 0) == 11);
	return p;
}

static void reset(int fd)
{
	struct linger hard = { 1, 0 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	close(fd);
}

/* Its peer is there, and hears nothing any more, nor does it. */
static int given_up(void)
{
	struct pair p = talking();

	set_deaf(p.b, true);
	CHECK(send(p.b, "x", 1, 0) == 1);
	set(p.a, IPPROTO_TCP, TCP_REPAIR, 1);	/* says nothing when it is closed */
	close(p.a);
	wait_over(p.b);
	set_deaf(p.b, false);
	return p.b;
}

static int reset_after_end(void)
{
	struct pair p = talking();

	shutdown(p.a, SHUT_WR);
	reset(p.a);
	wait_over(p.b);
	return p.b;
}

static int reset_at_once(void)
{
	struct pair p = talking();

	reset(p.a);
	wait_over(p.b);
	return p.b;
}

/* By the administrator: ss -K */
static int taken_away(void)
{
	struct pair p = talking();
	union addr me;
	socklen_t len = sizeof(me);
	char cmd[100];

	CHECK(getsockname(p.b, &me.sa, &len) == 0);
	snprintf(cmd, sizeof(cmd), "ss -KHt state established 'sport = :%u' > /dev/null 2>&1", ntohs(me.in.sin_port));
	if (system(cmd) || state_of(p.b) != 7) {
		reset(p.a);
		close(p.b);
		return -1;
	}
	close(p.a);
	return p.b;
}

static void check(int fd, int error, size_t unread)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };
	char buf[20];

	if (fd < 0)
		return;
	CHECK(poll(&p, 1, 0) == 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	if (unread) {
		CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), unread);
		CHECK(!memcmp(buf, "eleven byte", unread));
	}
	CHECK_EQ(get(fd, SOL_SOCKET, SO_ERROR), error);
	CHECK_EQ(get(fd, SOL_SOCKET, SO_ERROR), 0);
	CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 0);
	CHECK_EQ(get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

int main(void)
{
	int no, no6, again, way, law, late, up, pipe, hard, away;
	union addr me[2];
	socklen_t len = sizeof(me[0]);

	work_own("net");
	CHECK(system("ip link set lo up") == 0);
	no = refused(AF_INET);
	no6 = refused(AF_INET6);
	again = refused(AF_INET);
	way = unreachable();
	law = forbidden();
	late = unanswered();
	up = given_up();
	pipe = reset_after_end();
	hard = reset_at_once();
	away = taken_away();
	CHECK(getsockname(no, &me[0].sa, &len) == 0);
	work_ready();
	len = sizeof(me[1]);
	CHECK(getsockname(no, &me[1].sa, &len) == 0);
	CHECK(!memcmp(&me[0].in, &me[1].in, sizeof(me[0].in)));
	check(no, ECONNREFUSED, 0);
	check(no6, ECONNREFUSED, 0);
	len = nobody(&me[0], AF_INET);
	CHECK(connect(again, &me[0].sa, len) < 0);
	CHECK_EQ(errno, ECONNREFUSED);
	check(way, EHOSTUNREACH, 0);
	check(law, EACCES, 0);
	check(late, ETIMEDOUT, 0);
	check(up, ETIMEDOUT, 11);
	check(pipe, EPIPE, 11);
	check(hard, ECONNRESET, 11);
	check(away, ECONNABORTED, 11);
	work_pass();
}
