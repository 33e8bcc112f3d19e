// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw sockets: protocols, ICMP filters, names, headers of their own; and they still work. */
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define EXPERIMENT 253	/* a protocol, RFC 3692 */
#define SOL_RAW_ 255

static int raw(int family, int protocol)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		work_skip("no raw sockets");
	return fd;
}

static int get(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	CHECK(getsockopt(fd, level, option, &v, &len) == 0);
	return v;
}

static struct sockaddr_in at(const char *ip)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	CHECK(inet_pton(AF_INET, ip, &a.sin_addr) == 1);
	return a;
}

int main(void)
{
	int icmp = raw(AF_INET, IPPROTO_ICMP), icmp6 = raw(AF_INET6, IPPROTO_ICMPV6), on = 1, i;
	int a = raw(AF_INET, EXPERIMENT), b = raw(AF_INET, EXPERIMENT), out = raw(AF_INET, IPPROTO_RAW);
	int a6 = raw(AF_INET6, EXPERIMENT), half = raw(AF_INET, EXPERIMENT);
	struct sockaddr_in to = at("127.0.0.2"), from = at("127.0.0.3"), name;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	unsigned int none = ~0u;
	struct icmp6_filter f6;
	socklen_t len;
	char buf[100];
	struct pollfd p;

	ICMP6_FILTER_SETBLOCKALL(&f6);
	CHECK(setsockopt(icmp, SOL_RAW_, ICMP_FILTER, &none, sizeof(none)) == 0);
	CHECK(setsockopt(icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &f6, sizeof(f6)) == 0);
	ICMP6_FILTER_SETPASS(201, &f6);
	CHECK(setsockopt(icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &f6, sizeof(f6)) == 0);
	while (recv(icmp, buf, 1, MSG_DONTWAIT) >= 0 || recv(icmp6, buf, 1, MSG_DONTWAIT) >= 0)
		;
	/* a talks to b, and b to a */
	CHECK(bind(a, (void *)&to, sizeof(to)) == 0 && bind(b, (void *)&from, sizeof(from)) == 0);
	CHECK(connect(a, (void *)&from, sizeof(from)) == 0);
	CHECK(setsockopt(b, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)) == 0);
	CHECK(bind(a6, (void *)&six, sizeof(six)) == 0);
	CHECK(connect(a6, (void *)&six, sizeof(six)) == 0);
	to = at("127.0.0.9");
	CHECK(bind(half, (void *)&to, sizeof(to)) == 0 && connect(half, (void *)&to, sizeof(to)) == 0);
	CHECK(shutdown(half, SHUT_RD) == 0);

	work_ready();

	CHECK_EQ(get(icmp, SOL_RAW_, ICMP_FILTER), -1);
	len = sizeof(f6);
	CHECK(getsockopt(icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &f6, &len) == 0);
	for (i = 0; i < 256; i++)
		CHECK_EQ(!!ICMP6_FILTER_WILLPASS(i, &f6), i == 201);
	CHECK_EQ(get(out, SOL_SOCKET, SO_PROTOCOL), IPPROTO_RAW);
	CHECK_EQ(get(out, IPPROTO_IP, IP_HDRINCL), 1);
	CHECK_EQ(get(b, IPPROTO_IP, IP_HDRINCL), 1);
	CHECK_EQ(get(a, SOL_SOCKET, SO_PROTOCOL), EXPERIMENT);
	CHECK(send(a, "hello", 5, 0) == 5);
	p = (struct pollfd){ .fd = b, .events = POLLIN };
	CHECK(poll(&p, 1, 10000) == 1);
	len = sizeof(name);
	CHECK_EQ(recvfrom(b, buf, sizeof(buf), MSG_DONTWAIT, (void *)&name, &len), 25);
	CHECK(!memcmp(buf + 20, "hello", 5));
	CHECK_STR(inet_ntoa(name.sin_addr), "127.0.0.2");
	CHECK(send(a6, "six", 3, 0) == 3);
	work_settle();
	CHECK_EQ(recv(a6, buf, sizeof(buf), MSG_DONTWAIT), 3);
	p = (struct pollfd){ .fd = half, .events = POLLRDHUP };
	CHECK(poll(&p, 1, 0) == 1 && (p.revents & POLLRDHUP) && !(p.revents & POLLHUP));
	work_pass();
}
