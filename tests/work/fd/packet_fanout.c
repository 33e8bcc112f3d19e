// SPDX-License-Identifier: GPL-2.0-or-later
/* Fanout groups of packet sockets: each packet comes to one of them, in turn; another group, of another kind. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define EXPERIMENT 0x88b5	/* IEEE 802.1, local experiments */
#define PACKETS 20

static struct sockaddr_ll on_lo(int protocol)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_halen = 6,
				     .sll_ifindex = if_nametoindex("lo") };
}

static int member(int protocol, int how)
{
	struct sockaddr_ll a = on_lo(protocol);
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0), ignore = 1;

	CHECK(fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore, sizeof(ignore)) == 0);
	CHECK(bind(fd, (void *)&a, sizeof(a)) == 0);
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &how, sizeof(how)) == 0);
	return fd;
}

static void is(int fd, int how)
{
	socklen_t len = sizeof(int);
	int now = 0;

	CHECK(getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &now, &len) == 0);
	CHECK_EQ(now, how);
}

static int count(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[32];
	int n = 0;

	while (poll(&p, 1, 300) == 1 && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 4)
		n++;
	return n;
}

int main(void)
{
	int id = getpid() & 0x7fff, turns = id | PACKET_FANOUT_LB << 16, i, out;
	int cpu = (id + 1) | (PACKET_FANOUT_CPU | PACKET_FANOUT_FLAG_DEFRAG) << 16;
	int a = member(EXPERIMENT + 2, turns), b = member(EXPERIMENT + 2, turns), c = member(EXPERIMENT + 3, cpu);
	struct sockaddr_ll to = on_lo(EXPERIMENT + 2);

	work_ready();

	is(a, turns);
	is(b, turns);
	is(c, cpu);
	out = socket(AF_PACKET, SOCK_DGRAM, 0);
	for (i = 0; i < PACKETS; i++)
		CHECK(sendto(out, "turn", 4, 0, (void *)&to, sizeof(to)) == 4);
	work_settle();
	CHECK_EQ(count(a), PACKETS / 2);
	CHECK_EQ(count(b), PACKETS / 2);
	work_pass();
}
