// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP sockets that sent something to where nobody is, and have not yet told: IPv4, IPv6, both in one, UDP-Lite; shut
 * down meanwhile. In a network of its own, since who listens to all of ICMP would hear of it.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define UDPLITE 136

static int bound(int family, int protocol, bool mapped, struct sockaddr_storage *a)
{
	int fd = socket(family, SOCK_DGRAM, protocol);
	struct sockaddr_in *in = (void *)a;
	struct sockaddr_in6 *in6 = (void *)a;
	socklen_t len = sizeof(*a);

	memset(a, 0, sizeof(*a));
	a->ss_family = family;
	if (family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		in6->sin6_addr = in6addr_loopback;
	if (mapped)
		in6->sin6_addr = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
	CHECK(fd >= 0 && bind(fd, (void *)a, len) == 0 && getsockname(fd, (void *)a, &len) == 0);
	return fd;
}

static int refused(int family, int protocol, bool mapped)
{
	struct sockaddr_storage me, nobody;
	int fd = bound(family, protocol, mapped, &me), gone = bound(family, protocol, mapped, &nobody);
	struct pollfd p = { .fd = fd };

	close(gone);
	CHECK(connect(fd, (void *)&nobody, sizeof(nobody)) == 0 && send(fd, "x", 1, 0) == 1);
	CHECK(poll(&p, 1, 10000) == 1);
	CHECK_EQ(p.revents, POLLERR);
	return fd;
}

static int error_of(int fd)
{
	socklen_t len = sizeof(int);
	int v = 0;

	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &v, &len) == 0);
	return v;
}

int main(void)
{
	struct pollfd p;
	int fds[5], i;
	char c;

	work_own("net");
	CHECK(system("ip link set lo up") == 0);
	fds[0] = refused(AF_INET, 0, false);
	fds[1] = refused(AF_INET6, 0, false);
	fds[2] = refused(AF_INET6, 0, true);
	fds[3] = refused(AF_INET, UDPLITE, false);
	fds[4] = refused(AF_INET, 0, false);
	CHECK(shutdown(fds[4], SHUT_WR) == 0);
	work_ready();
	for (i = 0; i < 5; i++) {
		p = (struct pollfd){ .fd = fds[i] };
		CHECK(poll(&p, 1, 0) == 1);
		CHECK_EQ(p.revents, POLLERR);
	}
	CHECK_EQ(recv(fds[0], &c, 1, MSG_DONTWAIT), -1);
	CHECK_EQ(errno, ECONNREFUSED);
	for (i = 0; i < 5; i++)
		CHECK_EQ(error_of(fds[i]), i ? ECONNREFUSED : 0);
	CHECK(poll(&p, 1, 0) == 0);
	CHECK(send(fds[4], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE);
	CHECK(send(fds[1], "x", 1, 0) == 1);
	p = (struct pollfd){ .fd = fds[1] };
	CHECK(poll(&p, 1, 10000) == 1 && error_of(fds[1]) == ECONNREFUSED);
	work_pass();
}
