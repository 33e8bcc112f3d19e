// SPDX-License-Identifier: GPL-2.0-or-later
/* Netlink sockets: port, groups, peer, options; a request is answered, a message comes through. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static int get(int fd, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	CHECK(getsockopt(fd, SOL_NETLINK, option, &v, &len) == 0);
	return v;
}

static unsigned int port_of(int fd)
{
	struct sockaddr_nl a;
	socklen_t len = sizeof(a);

	CHECK(getsockname(fd, (void *)&a, &len) == 0);
	return a.nl_pid;
}

int main(void)
{
	int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), on = 1;
	int user = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK), none = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl a = { .nl_family = AF_NETLINK }, to = { .nl_family = AF_NETLINK, .nl_pid = 0x70000000 + getpid() };
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} q = { .h = { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETLINK, .nlmsg_seq = 9,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	unsigned int port, bits[8] = { 0 };
	socklen_t len = sizeof(bits);
	struct pollfd p;
	static char buf[65536];
	struct nlmsghdr *h = (void *)buf;

	CHECK(route >= 0 && user >= 0 && none >= 0);
	CHECK(bind(route, (void *)&a, sizeof(a)) == 0);
	port = port_of(route);
	CHECK(port);
	CHECK(setsockopt(route, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) == 0);
	on = RTNLGRP_NEXTHOP;
	CHECK(setsockopt(route, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &on, sizeof(on)) == 0);
	CHECK(bind(user, (void *)&to, sizeof(to)) == 0);
	on = 5;
	CHECK(setsockopt(user, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &on, sizeof(on)) == 0);
	CHECK(connect(user, (void *)&to, sizeof(to)) == 0);

	work_ready();

	CHECK_EQ(port_of(route), port);
	CHECK_EQ(port_of(none), 0);
	CHECK_EQ(get(route, NETLINK_EXT_ACK), 1);
	CHECK(getsockopt(route, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len) == 0);
	CHECK_EQ(bits[0], 1u << (RTNLGRP_NEXTHOP - 1));
	CHECK(send(user, "self", 4, 0) == 4);
	CHECK(recv(user, buf, sizeof(buf), MSG_DONTWAIT) == 4 && !memcmp(buf, "self", 4));
	CHECK(send(route, &q, sizeof(q), 0) == sizeof(q));
	p = (struct pollfd){ .fd = route, .events = POLLIN };
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK(recv(route, buf, sizeof(buf), 0) > (ssize_t)sizeof(*h));
	CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
	CHECK_EQ(h->nlmsg_pid, port);
	work_pass();
}
