// SPDX-License-Identifier: GPL-2.0-or-later
/* UDP sockets in which nothing waits: fresh, bound, connected, shut down, of both families, with options. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = -1;

	CHECK(getsockopt(fd, level, name, &v, &len) == 0);
	return v;
}

static struct sockaddr_in bind4(int fd, uint32_t addr)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };
	socklen_t len = sizeof(a);

	CHECK(bind(fd, (struct sockaddr *)&a, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	return a;
}

int main(void)
{
	int fresh = socket(AF_INET, SOCK_DGRAM, 0), a = socket(AF_INET, SOCK_DGRAM, 0);
	int b = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), half = socket(AF_INET, SOCK_DGRAM, 0);
	int six = socket(AF_INET6, SOCK_DGRAM, 0), one = 1, tos = 0x10;
	struct sockaddr_in an = bind4(a, INADDR_LOOPBACK), bn = bind4(b, INADDR_ANY), now;
	struct sockaddr_in6 sn = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(now);
	char buf[8];

	CHECK(fresh >= 0 && half >= 0 && six >= 0);
	CHECK(setsockopt(fresh, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) == 0);
	CHECK(setsockopt(a, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) == 0);
	CHECK(setsockopt(a, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) == 0);
	bn.sin_addr = an.sin_addr;
	CHECK(connect(a, (struct sockaddr *)&bn, sizeof(bn)) == 0);
	CHECK(connect(half, (struct sockaddr *)&an, sizeof(an)) == 0 && shutdown(half, SHUT_RD) == 0);
	CHECK(bind(six, (struct sockaddr *)&sn, sizeof(sn)) == 0);
	work_ready();

	CHECK_EQ(get(fresh, SOL_SOCKET, SO_BROADCAST), 1);
	CHECK_EQ(get(a, IPPROTO_IP, IP_TOS), tos);
	CHECK_EQ(get(a, IPPROTO_IP, IP_PKTINFO), 1);
	CHECK(getpeername(a, (struct sockaddr *)&now, &len) == 0 && now.sin_port == bn.sin_port);
	CHECK(send(a, "hello", 5, 0) == 5);
	work_settle();
	len = sizeof(now);
	CHECK_EQ(recvfrom(b, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&now, &len), 5);
	CHECK(now.sin_port == an.sin_port);
	CHECK_EQ(recv(half, buf, sizeof(buf), 0), 0);
	work_pass();
}
