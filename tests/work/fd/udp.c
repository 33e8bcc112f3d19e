// SPDX-License-Identifier: GPL-2.0-or-later
/* UDP and UDP-Lite: bound, connected, shut down, groups; what waits, with who sent it, in order. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define UDPLITE 136

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t addr(union addr *a, int family, const char *ip, int port)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	if (family == AF_INET) {
		CHECK(inet_pton(family, ip, &a->in.sin_addr) == 1);
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	CHECK(inet_pton(family, ip, &a->in6.sin6_addr) == 1);
	a->in6.sin6_port = htons(port);
	return sizeof(a->in6);
}

static int port_of(int fd)
{
	union addr a;
	socklen_t len = sizeof(a);

	CHECK(getsockname(fd, &a.sa, &len) == 0);
	return ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
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

static int bound_with(int family, int protocol, const char *ip, int port, bool reuseport)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	union addr a;
	socklen_t len = addr(&a, family, ip, port);

	CHECK(fd >= 0);
	if (reuseport)
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	CHECK(bind(fd, &a.sa, len) == 0);
	return fd;
}

static int bound(int family, const char *ip)
{
	return bound_with(family, 0, ip, 0, false);
}

static void send_to(int fd, int family, const char *ip, int port, const char *what, size_t n)
{
	union addr a;
	socklen_t len = addr(&a, family, ip, port);

	CHECK_EQ(sendto(fd, what, n, 0, &a.sa, len), n);
}

static void expect(int fd, const char *what, size_t n, const char *ip, int port)
{
	static char buf[70000];
	char text[64] = "?";
	union addr a;
	socklen_t len = sizeof(a);

	CHECK_EQ(recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, &a.sa, &len), n);
	CHECK(!memcmp(buf, what, n));
	if (a.sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof(text));
	CHECK_STR(text, ip);
	CHECK_EQ(ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port), port);
}

static void expect_nothing(int fd)
{
	char c;

	CHECK(recv(fd, &c, 1, MSG_DONTWAIT) < 0);
	CHECK_EQ(errno, EAGAIN);
}

/* Where the next one was sent to, by IP_PKTINFO. */
static void expect_info(int fd, const char *to, const char *interface, int ttl, int tos)
{
	char buf[64], control[256], text[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct in_pktinfo info = { .ipi_ifindex = -1 };
	int got_ttl = -1, got_tos = -1;
	struct cmsghdr *c;

	CHECK(recvmsg(fd, &m, MSG_DONTWAIT) >= 0);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
		else if (c->cmsg_type == IP_TTL)
			memcpy(&got_ttl, CMSG_DATA(c), sizeof(int));
		else if (c->cmsg_type == IP_TOS)
			got_tos = *CMSG_DATA(c);
	}
	inet_ntop(AF_INET, &info.ipi_addr, text, sizeof(text));
	CHECK_STR(text, to);
	CHECK_EQ(info.ipi_ifindex, if_nametoindex(interface));
	CHECK_EQ(got_ttl, ttl);
	CHECK_EQ(got_tos, tos);
}

int main(void)
{
	int plain = bound(AF_INET, "127.0.0.1"), wild = bound(AF_INET, "0.0.0.0");
	int six = bound(AF_INET6, "::1"), dual = bound(AF_INET6, "::");
	int unbound = socket(AF_INET, SOCK_DGRAM, 0), from = bound(AF_INET, "127.0.0.5");
	int from6 = bound(AF_INET6, "::1"), pair[2] = { bound(AF_INET, "127.0.0.1"), bound(AF_INET, "127.0.0.1") };
	int lite = bound_with(AF_INET, UDPLITE, "127.0.0.1", 0, false), info, shut, i;
	int ports[8], group[4], reader, was = -1;
	struct ip_mreqn mr = { .imr_ifindex = if_nametoindex("lo") };
	struct ipv6_mreq mr6 = { .ipv6mr_interface = if_nametoindex("lo") };
	struct pollfd p;
	static char big[40000];
	union addr a;
	socklen_t len;

	work_fill(big, sizeof(big), 7);
	/* who sent it does not exist any more when it is read */
	reader = bound(AF_INET, "127.0.0.1");
	i = bound(AF_INET, "127.0.0.9");
	ports[0] = port_of(i);
	send_to(i, AF_INET, "127.0.0.1", port_of(reader), "gone", 4);
	close(i);

	ports[1] = port_of(from);
	ports[2] = port_of(from6);
	send_to(from, AF_INET, "127.0.0.1", port_of(plain), "one", 3);
	send_to(from, AF_INET, "127.0.0.1", port_of(plain), "", 0);
	send_to(from, AF_INET, "127.0.0.1", port_of(plain), big, sizeof(big));
	send_to(from, AF_INET, "127.0.0.1", port_of(plain), "", 0);
	send_to(from6, AF_INET6, "::1", port_of(six), "sechs", 5);
	send_to(from, AF_INET, "127.0.0.1", port_of(dual), "vier", 4);
	send_to(from6, AF_INET6, "::1", port_of(dual), "sechs", 5);

	/* where it was sent to */
	info = bound(AF_INET, "0.0.0.0");
	set(info, IPPROTO_IP, IP_PKTINFO, 1);
	set(info, IPPROTO_IP, IP_RECVTTL, 1);
	set(info, IPPROTO_IP, IP_RECVTOS, 1);
	set(from, IPPROTO_IP, IP_TOS, 0x10);
	set(from, IPPROTO_IP, IP_TTL, 33);
	send_to(from, AF_INET, "127.0.0.77", port_of(info), "info", 4);
	send_to(from, AF_INET, "127.0.0.78", port_of(info), "info", 4);

	/* connected to each other, and what came before they were */
	ports[3] = port_of(pair[0]);
	ports[4] = port_of(pair[1]);
	send_to(from, AF_INET, "127.0.0.1", ports[3], "before", 6);
	work_settle();
	len = addr(&a, AF_INET, "127.0.0.1", ports[4]);
	CHECK(connect(pair[0], &a.sa, len) == 0);
	len = addr(&a, AF_INET, "127.0.0.1", ports[3]);
	CHECK(connect(pair[1], &a.sa, len) == 0);
	CHECK(send(pair[1], "after", 5, 0) == 5);

	/* several that share a port */
	group[0] = bound_with(AF_INET, 0, "127.0.0.1", 0, true);
	for (i = 1; i < 4; i++)
		group[i] = bound_with(AF_INET, 0, "127.0.0.1", port_of(group[0]), true);
	for (i = 0; i < 40; i++) {
		int s = bound(AF_INET, "127.0.0.1");

		send_to(s, AF_INET, "127.0.0.1", port_of(group[0]), "x", 1);
		close(s);
	}
	int waits[4] = { 0 };

	work_settle();
	for (i = 0; i < 4; i++) {
		int off = 0;
		char c;

		set(group[i], SOL_SOCKET, SO_PEEK_OFF, off);
		while (recv(group[i], &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
			waits[i]++;
		set(group[i], SOL_SOCKET, SO_PEEK_OFF, -1);
	}

	/* UDP-Lite, groups, shut down */
	set(lite, UDPLITE, 10, 8);
	inet_pton(AF_INET, "224.0.7.7", &mr.imr_multiaddr);
	CHECK(setsockopt(wild, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr)) == 0);
	inet_pton(AF_INET6, "ff02::7:7", &mr6.ipv6mr_multiaddr);
	CHECK(setsockopt(dual, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mr6, sizeof(mr6)) == 0);
	set(wild, IPPROTO_IP, IP_MULTICAST_TTL, 9);
	set(wild, SOL_SOCKET, SO_BROADCAST, 1);
	set(wild, IPPROTO_IP, IP_TOS, 0x10);
	set(wild, SOL_SOCKET, SO_PRIORITY, 0);
	set(wild, SOL_SOCKET, SO_RCVBUF, 50000);
	set(wild, SOL_SOCKET, SO_PEEK_OFF, 3);
	shut = bound(AF_INET, "127.0.0.1");
	len = addr(&a, AF_INET, "127.0.0.1", ports[1]);
	CHECK(connect(shut, &a.sa, len) == 0);
	CHECK(shutdown(shut, SHUT_WR) == 0);
	for (i = 0; i < 5; i++)
		CHECK_EQ(get(plain, SOL_SOCKET, SO_PEEK_OFF), was);

	work_ready();

	expect(reader, "gone", 4, "127.0.0.9", ports[0]);
	CHECK_EQ(get(plain, SOL_SOCKET, SO_PEEK_OFF), -1);
	CHECK_EQ(get(plain, IPPROTO_IP, IP_PKTINFO), 0);
	expect(plain, "one", 3, "127.0.0.5", ports[1]);
	expect(plain, "", 0, "127.0.0.5", ports[1]);
	expect(plain, big, sizeof(big), "127.0.0.5", ports[1]);
	expect(plain, "", 0, "127.0.0.5", ports[1]);
	expect_nothing(plain);
	expect(six, "sechs", 5, "::1", ports[2]);
	expect(dual, "vier", 4, "::ffff:127.0.0.5", ports[1]);
	expect(dual, "sechs", 5, "::1", ports[2]);
	expect_info(info, "127.0.0.77", "lo", 33, 0x10);
	expect_info(info, "127.0.0.78", "lo", 33, 0x10);
	expect(pair[0], "before", 6, "127.0.0.5", ports[1]);
	expect(pair[0], "after", 5, "127.0.0.1", ports[4]);
	CHECK(send(pair[0], "hi", 2, 0) == 2);
	work_settle();
	expect(pair[1], "hi", 2, "127.0.0.1", ports[3]);
	for (i = 0; i < 4; i++) {
		char c;

		while (waits[i]-- > 0)
			CHECK_EQ(recv(group[i], &c, 1, MSG_DONTWAIT), 1);
		expect_nothing(group[i]);
	}
	CHECK_EQ(get(lite, UDPLITE, 10), 8);
	CHECK_EQ(get(lite, SOL_SOCKET, SO_PROTOCOL), UDPLITE);
	CHECK_EQ(get(wild, IPPROTO_IP, IP_MULTICAST_TTL), 9);
	CHECK_EQ(get(wild, SOL_SOCKET, SO_BROADCAST), 1);
	CHECK_EQ(get(wild, SOL_SOCKET, SO_PRIORITY), 0);
	CHECK_EQ(get(wild, SOL_SOCKET, SO_RCVBUF), 100000);
	CHECK_EQ(get(wild, SOL_SOCKET, SO_PEEK_OFF), 3);
	CHECK(setsockopt(wild, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mr, sizeof(mr)) == 0);
	CHECK(setsockopt(dual, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &mr6, sizeof(mr6)) == 0);
	CHECK(send(shut, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE);
	p = (struct pollfd){ .fd = shut, .events = POLLRDHUP };
	CHECK(poll(&p, 1, 0) == 0);
	CHECK_EQ(port_of(unbound), 0);
	send_to(from, AF_INET, "127.0.0.1", port_of(plain), "new", 3);
	work_settle();
	expect(plain, "new", 3, "127.0.0.5", ports[1]);
	work_pass();
}
