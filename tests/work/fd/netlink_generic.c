// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of generic netlink: of its controller, and what else there is; one in several of a family. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define WORDS 8

static int member_of(const int *groups, int n)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), i;
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };

	CHECK(fd >= 0 && bind(fd, (void *)&a, sizeof(a)) == 0);
	for (i = 0; i < n; i++)
		CHECK(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) == 0);
	return fd;
}

static void groups_of(int fd, unsigned int bits[WORDS])
{
	socklen_t len = WORDS * sizeof(bits[0]);

	memset(bits, 0, len);
	CHECK(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len) == 0);
}

/* The numbers of up to @most groups: those of families that have some */
static int some(int *groups, int most)
{
	struct {
		struct nlmsghdr h;
		struct genlmsghdr g;
	} q = { .h = { sizeof(q), GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, .g = { CTRL_CMD_GETFAMILY, 1, 0 } };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), n = 0, left, in;
	static char buf[65536];
	const struct nlmsghdr *h;
	const struct nlattr *a, *g, *x;
	ssize_t len;

	CHECK(send(fd, &q, sizeof(q), 0) == sizeof(q));
	for (;;) {
		len = recv(fd, buf, sizeof(buf), 0);
		CHECK(len > 0);
		for (h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return n;
			}
			left = h->nlmsg_len - NLMSG_SPACE(GENL_HDRLEN);
			for (a = (void *)((char *)NLMSG_DATA(h) + GENL_HDRLEN); left >= NLA_HDRLEN;
			     left -= NLA_ALIGN(a->nla_len), a = (void *)((char *)a + NLA_ALIGN(a->nla_len))) {
				if ((a->nla_type & NLA_TYPE_MASK) != CTRL_ATTR_MCAST_GROUPS)
					continue;
				g = (void *)((char *)a + NLA_HDRLEN);
				x = (void *)((char *)g + NLA_HDRLEN);
				for (in = g->nla_len - NLA_HDRLEN; in >= NLA_HDRLEN; in -= NLA_ALIGN(x->nla_len),
				     x = (void *)((char *)x + NLA_ALIGN(x->nla_len)))
					if (x->nla_type == CTRL_ATTR_MCAST_GRP_ID && n < most)
						memcpy(&groups[n++], (char *)x + NLA_HDRLEN, sizeof(int));
			}
		}
	}
}

int main(void)
{
	int notify = GENL_ID_CTRL, groups[4], n = some(groups, 4), one = member_of(&notify, 1), all = member_of(groups, n);
	unsigned int before[2][WORDS], after[2][WORDS];

	CHECK(n > 0);
	groups_of(one, before[0]);
	groups_of(all, before[1]);
	work_ready();
	groups_of(one, after[0]);
	groups_of(all, after[1]);
	CHECK(before[0][0] == 1u << (GENL_ID_CTRL - 1) && before[1][0]);
	CHECK(!memcmp(before, after, sizeof(before)));
	work_pass();
}
