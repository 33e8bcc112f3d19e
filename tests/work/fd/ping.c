// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets of ICMP echo: bound to an identifier, connected; an echo comes back. */
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

int main(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), six = socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	int idle = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(4711),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(4712),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(7) }, back;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	socklen_t len = sizeof(a);

	if (fd < 0 || six < 0 || idle < 0)
		work_skip("no ping sockets (net.ipv4.ping_group_range)");
	CHECK(bind(fd, (void *)&a, sizeof(a)) == 0 && bind(six, (void *)&a6, sizeof(a6)) == 0);
	CHECK(connect(fd, (void *)&a, sizeof(a)) == 0);

	work_ready();

	CHECK(getsockname(fd, (void *)&a, &len) == 0);
	CHECK_EQ(ntohs(a.sin_port), 4711);
	len = sizeof(a6);
	CHECK(getsockname(six, (void *)&a6, &len) == 0);
	CHECK_EQ(ntohs(a6.sin6_port), 4712);
	len = sizeof(a);
	CHECK(getsockname(idle, (void *)&a, &len) == 0);
	CHECK_EQ(a.sin_port, 0);
	CHECK(send(fd, &echo, sizeof(echo), 0) == sizeof(echo));
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK(recv(fd, &back, sizeof(back), 0) == sizeof(back));
	CHECK_EQ(back.type, ICMP_ECHOREPLY);
	CHECK_EQ(ntohs(back.un.echo.id), 4711);
	CHECK_EQ(ntohs(back.un.echo.sequence), 7);
	work_pass();
}
