// SPDX-License-Identifier: GPL-2.0-or-later
/* Is an address of this machine? The kernel's routes say so (RTM_GETROUTE); nothing is sent. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inet.h"

struct question {
	struct nlmsghdr h;
	struct rtmsg r;
	char attrs[64];
};

static void add(struct question *q, unsigned int type, const void *v, size_t len)
{
	struct rtattr *a = (void *)((char *)q + NLMSG_ALIGN(q->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), v, len);
	q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + RTA_SPACE(len);
}

static bool ask(int nl, const struct question *q)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const void *)buf;
	ssize_t n;

	if (send(nl, q, q->h.nlmsg_len, 0) < 0)
		return false;
	n = recv(nl, buf, sizeof(buf), 0);
	return n > 0 && NLMSG_OK(h, n) && h->nlmsg_type == RTM_NEWROUTE &&
	       ((const struct rtmsg *)NLMSG_DATA(h))->rtm_type == RTN_LOCAL;
}

bool inet_local(unsigned int family, const uint8_t addr[16], unsigned int ifindex)
{
	size_t len = family == AF_INET ? 4 : 16;
	struct question q = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(q.r)), .nlmsg_type = RTM_GETROUTE,
		       .nlmsg_flags = NLM_F_REQUEST },
		.r = { .rtm_family = family, .rtm_dst_len = 8 * len },
	};
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool yes;

	if (nl < 0)
		return false;
	add(&q, RTA_DST, addr, len);
	if (ifindex)
		add(&q, RTA_OIF, &ifindex, sizeof(ifindex));
	yes = ask(nl, &q);
	close(nl);
	return yes;
}
