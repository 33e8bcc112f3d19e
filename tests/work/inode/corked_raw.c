// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets that raw sockets have begun and not sent (MSG_MORE): of IPv4 and IPv6, connected, with a TTL, large. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define PROTOCOL 253		/* RFC 3692: for experiments */
#define LARGE 5000

static const struct sockaddr_in lo = { .sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f };
static const struct sockaddr_in6 lo6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

static int raw(int family)
{
	int fd = socket(family, SOCK_RAW, PROTOCOL);

	CHECK(fd >= 0);
	return fd;
}

static void more(int fd, const void *to, socklen_t len, const void *what, size_t n)
{
	CHECK_EQ(sendto(fd, what, n, MSG_MORE, to, len), n);
}

/* The packet comes to @in: @head bytes, then @text. Return: what it begins with */
static char *comes(int in, size_t head, const char *text, size_t n)
{
	static char buf[65536];
	struct pollfd p = { .fd = in, .events = POLLIN };

	CHECK(poll(&p, 1, 5000) == 1);
	CHECK_EQ(recv(in, buf, sizeof(buf), 0), head + n);
	CHECK(!memcmp(buf + head, text, n));
	return buf;
}

int main(void)
{
	struct ifreq q = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int four, six, tied, large, in, in6, ttl = 17, i;
	static char many[2 * LARGE];

	work_own("net");
	four = raw(AF_INET);
	CHECK(ioctl(four, SIOCSIFFLAGS, &q) == 0);
	six = raw(AF_INET6);
	tied = raw(AF_INET);
	large = raw(AF_INET);
	for (i = 0; i < 2 * LARGE; i++)
		many[i] = i * 7;
	more(four, &lo, sizeof(lo), "one ", 4);
	more(four, &lo, sizeof(lo), "two ", 4);
	more(six, &lo6, sizeof(lo6), "six ", 4);
	CHECK(connect(tied, (void *)&lo, sizeof(lo)) == 0);
	CHECK(setsockopt(tied, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) == 0);
	more(tied, NULL, 0, "tied ", 5);
	more(large, &lo, sizeof(lo), many, LARGE);

	work_ready();

	in = raw(AF_INET);
	in6 = raw(AF_INET6);
	CHECK_EQ(sendto(four, "three", 5, 0, (void *)&lo, sizeof(lo)), 5);
	comes(in, 20, "one two three", 13);
	CHECK_EQ(sendto(six, "seven", 5, 0, (void *)&lo6, sizeof(lo6)), 5);
	comes(in6, 0, "six seven", 9);
	CHECK_EQ(send(tied, "up", 2, 0), 2);
	CHECK_EQ(comes(in, 20, "tied up", 7)[8], ttl);
	CHECK_EQ(sendto(large, many + LARGE, LARGE, 0, (void *)&lo, sizeof(lo)), LARGE);
	comes(in, 20, many, 2 * LARGE);
	work_pass();
}
