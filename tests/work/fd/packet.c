// SPDX-License-Identifier: GPL-2.0-or-later
/* Packet sockets: protocol and interface, groups, a filter, options; and one still gets a packet. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define EXPERIMENT 0x88b5	/* IEEE 802.1, local experiments */

static struct sockaddr_ll on_lo(int protocol)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = htons(protocol),
				     .sll_ifindex = if_nametoindex("lo") };
}

int main(void)
{
	int idle = socket(AF_PACKET, SOCK_RAW, 0), fd = socket(AF_PACKET, SOCK_DGRAM, 0), one = 1, out;
	struct sockaddr_ll a = on_lo(EXPERIMENT + 1), to = on_lo(EXPERIMENT);
	struct packet_mreq m = { .mr_ifindex = a.sll_ifindex, .mr_type = PACKET_MR_ALLMULTI };
	struct sock_filter insns[] = { BPF_STMT(BPF_RET | BPF_K, 3) };
	struct sock_fprog prog = { 1, insns };
	struct pollfd p;
	socklen_t len = sizeof(a);
	char buf[32];

	if (idle < 0 || fd < 0)
		work_skip("no packet sockets");
	CHECK(setsockopt(idle, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) == 0);
	m.mr_type = PACKET_MR_MULTICAST;
	m.mr_alen = 6;
	memcpy(m.mr_address, "\1\0\x5e\0\0\7", 6);
	CHECK(setsockopt(idle, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) == 0);
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0);
	a.sll_protocol = htons(EXPERIMENT);
	CHECK(bind(fd, (void *)&a, sizeof(a)) == 0);

	work_ready();

	CHECK(getsockname(fd, (void *)&a, &len) == 0);
	CHECK_EQ(ntohs(a.sll_protocol), EXPERIMENT);
	CHECK_EQ(a.sll_ifindex, if_nametoindex("lo"));
	len = sizeof(one);
	one = 0;
	CHECK(getsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, &len) == 0 && one == 1);
	CHECK(setsockopt(idle, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &m, sizeof(m)) == 0);
	m.mr_type = PACKET_MR_ALLMULTI;
	m.mr_alen = 0;
	CHECK(setsockopt(idle, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &m, sizeof(m)) == 0);
	out = socket(AF_PACKET, SOCK_DGRAM, 0);
	to.sll_halen = 6;
	CHECK(sendto(out, "packet", 6, 0, (void *)&to, sizeof(to)) == 6);
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), 3);
	CHECK(!memcmp(buf, "pac", 3));
	work_pass();
}
