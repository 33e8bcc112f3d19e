// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams that are begun and not sent: with MSG_MORE, with UDP_CORK; in one piece and in many, more than a packet of the
 * interface takes, empty, to IPv4, IPv6 and IPv4 from a socket of both, UDP-Lite, with a TTL of its own, segmented. What
 * is there is completed, and comes as one. In a network of its own, whose packets are small.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define UDPLITE 136
#define LARGE 20000

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static void set(int fd, int level, int option, int v)
{
	CHECK(setsockopt(fd, level, option, &v, sizeof(v)) == 0);
}

static int bound(int family, int protocol, const char *ip, union addr *a)
{
	int fd = socket(family, SOCK_DGRAM, protocol);
	socklen_t len = sizeof(*a);

	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	CHECK(inet_pton(family, ip, family == AF_INET ? (void *)&a->in.sin_addr : &a->in6.sin6_addr) == 1);
	CHECK(fd >= 0 && bind(fd, &a->sa, len) == 0 && getsockname(fd, &a->sa, &len) == 0);
	return fd;
}

static void more(int fd, const union addr *to, const void *what, size_t n)
{
	CHECK_EQ(sendto(fd, what, n, MSG_MORE, to ? &to->sa : NULL, to ? sizeof(*to) : 0), n);
}

static void nothing(int fd)
{
	char c;

	work_settle();
	CHECK(recv(fd, &c, 1, MSG_DONTWAIT) < 0);
	CHECK_EQ(errno, EAGAIN);
}

/* Return: its length; @ttl: what it came with, or -1; @from: the port */
static ssize_t take(int fd, char *buf, size_t size, int *ttl, int *tos, int *from)
{
	char control[256];
	union addr a;
	struct iovec v = { buf, size };
	struct msghdr m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct cmsghdr *c;
	ssize_t n;

	CHECK(poll(&p, 1, 10000) == 1);
	n = recvmsg(fd, &m, 0);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == IP_TTL)
			memcpy(ttl, CMSG_DATA(c), sizeof(int));
		else if (c->cmsg_type == IP_TOS)
			*tos = *CMSG_DATA(c);
	}
	*from = ntohs(a.in.sin_port);
	return n;
}

/* With a TTL and a TOS for this one alone */
static void more_with(int fd, const union addr *to, const char *what, size_t n, int ttl, int tos, uint16_t segment)
{
	char control[256] = { 0 };
	struct iovec v = { (char *)what, n };
	struct msghdr m = { .msg_name = (void *)to, .msg_namelen = sizeof(*to), .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL };
	memcpy(CMSG_DATA(c), &ttl, sizeof(ttl));
	c = (void *)((char *)c + CMSG_SPACE(sizeof(int)));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TOS };
	memcpy(CMSG_DATA(c), &tos, sizeof(tos));
	m.msg_controllen = 2 * CMSG_SPACE(sizeof(int));
	if (segment) {
		c = (void *)((char *)c + CMSG_SPACE(sizeof(int)));
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(2), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT };
		memcpy(CMSG_DATA(c), &segment, sizeof(segment));
		m.msg_controllen += CMSG_SPACE(2);
	}
	CHECK_EQ(sendmsg(fd, &m, MSG_MORE), n);
}

int main(void)
{
	static char large[LARGE], buf[LARGE + 100];
	union addr in4, in6, inl, a[9];
	int to4, to6, tol, plain, tied, big, six, mixed, lite, empty, odd, cut, i, ttl, tos, from;

	work_own("net");
	CHECK(system("ip link set lo up mtu 1500") == 0);
	work_fill(large, sizeof(large), 5);
	to4 = bound(AF_INET, 0, "127.0.0.1", &in4);
	to6 = bound(AF_INET6, 0, "::1", &in6);
	tol = bound(AF_INET, UDPLITE, "127.0.0.1", &inl);
	set(to4, IPPROTO_IP, IP_RECVTTL, 1);
	set(to4, IPPROTO_IP, IP_RECVTOS, 1);
	plain = bound(AF_INET, 0, "127.0.0.2", &a[0]);
	tied = bound(AF_INET, 0, "127.0.0.1", &a[1]);
	big = bound(AF_INET, 0, "127.0.0.1", &a[2]);
	six = bound(AF_INET6, 0, "::1", &a[3]);
	mixed = bound(AF_INET6, 0, "::", &a[4]);
	lite = bound(AF_INET, UDPLITE, "127.0.0.1", &a[5]);
	empty = bound(AF_INET, 0, "127.0.0.1", &a[6]);
	odd = bound(AF_INET, 0, "127.0.0.1", &a[7]);
	cut = bound(AF_INET, 0, "127.0.0.1", &a[8]);

	more(plain, &in4, "one", 3);
	more(plain, &in4, "two", 3);
	CHECK(connect(tied, &in4.sa, sizeof(in4)) == 0);
	set(tied, IPPROTO_UDP, UDP_CORK, 1);
	CHECK(send(tied, "cork", 4, 0) == 4);
	for (i = 0; i < LARGE; i += 1000)
		more(big, &in4, large + i, 1000);
	for (i = 0; i < LARGE / 2; i += 2500)
		more(six, &in6, large + i, 2500);
	more(mixed, &in4, "mixed", 5);
	more(lite, &inl, "lite", 4);
	more(empty, &in4, "", 0);
	more_with(odd, &in4, "odd", 3, 33, 0x10, 0);
	more_with(cut, &in4, large, 2500, 34, 0x10, 1000);

	work_ready();

	nothing(to4);
	nothing(to6);
	nothing(tol);
	CHECK(sendto(plain, "three", 5, 0, &in4.sa, sizeof(in4)) == 5);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), 11);
	CHECK(!memcmp(buf, "onetwothree", 11));
	CHECK_EQ(ttl, 64);
	CHECK_EQ(from, ntohs(a[0].in.sin_port));
	set(tied, IPPROTO_UDP, UDP_CORK, 0);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), 4);
	CHECK(!memcmp(buf, "cork", 4));
	CHECK(sendto(big, "end", 3, 0, &in4.sa, sizeof(in4)) == 3);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), LARGE + 3);
	CHECK(!memcmp(buf, large, LARGE) && !memcmp(buf + LARGE, "end", 3));
	CHECK(sendto(six, "end", 3, 0, &in6.sa, sizeof(in6)) == 3);
	CHECK_EQ(take(to6, buf, sizeof(buf), &ttl, &tos, &from), LARGE / 2 + 3);
	CHECK(!memcmp(buf, large, LARGE / 2) && !memcmp(buf + LARGE / 2, "end", 3));
	CHECK(sendto(mixed, "!", 1, 0, &in4.sa, sizeof(in4)) == 1);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), 6);
	CHECK(!memcmp(buf, "mixed!", 6));
	CHECK(sendto(lite, "!", 1, 0, &inl.sa, sizeof(inl)) == 1);
	CHECK_EQ(take(tol, buf, sizeof(buf), &ttl, &tos, &from), 5);
	CHECK(!memcmp(buf, "lite!", 5));
	CHECK(sendto(empty, "full", 4, 0, &in4.sa, sizeof(in4)) == 4);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), 4);
	CHECK_EQ(tos, 0);
	CHECK(sendto(odd, "even", 4, 0, &in4.sa, sizeof(in4)) == 4);
	CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), 7);
	CHECK(!memcmp(buf, "oddeven", 7));
	CHECK_EQ(ttl, 33);
	CHECK_EQ(tos, 0x10);
	CHECK(sendto(cut, "x", 1, 0, &in4.sa, sizeof(in4)) == 1);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(take(to4, buf, sizeof(buf), &ttl, &tos, &from), i < 2 ? 1000 : 501);
		CHECK(!memcmp(buf, large + 1000 * i, i < 2 ? 1000 : 500));
		CHECK_EQ(ttl, 34);
	}
	nothing(to4);
	work_pass();
}
