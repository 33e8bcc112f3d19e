// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What somebody may have set of a link, and is lost, with a line: the half of the addresses that it makes of what a router
 * says (ip token), and what it lets in for nobody's socket (ip maddr).
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net_lost.h"
#include "netlink.h"
#include "proc.h"

struct look {
	struct snap *s;
	const char *obj;
};

static int name_token(void *arg, const struct nlmsghdr *h)
{
	static const uint8_t none[16];
	const char *name = nl_find(h, sizeof(struct ifinfomsg), IFLA_IFNAME, 2);
	const void *all = nl_find(h, sizeof(struct ifinfomsg), IFLA_AF_SPEC, 0);
	const void *six = all ? nl_in(all, AF_INET6, 0) : NULL;
	const void *token = six ? nl_in(six, IFLA_INET6_TOKEN, sizeof(none)) : NULL;
	struct look *l = arg;

	if (h->nlmsg_type == RTM_NEWLINK && name && token && memcmp(token, none, sizeof(none)))
		snap_lost(l->s, l->obj, "the token of link %s (ip token)", name);
	return 0;
}

/* "4    eth0            1     0     01005e000001": the fourth tells that it was not for a protocol. */
static int name_groups(struct look *l)
{
	char *text = proc_read(l->s->proc, NULL, "thread-self/net/dev_mcast"), *line, *save = NULL;
	char name[16], address[80];
	int forced;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*d %15s %*d %d %79s", name, &forced, address) == 3 && forced)
			snap_lost(l->s, l->obj, "that link %s lets in what is for %s (ip maddr)", name, address);
	free(text);
	return text || errno == ENOENT ? 0 : -errno;
}

int links_lost(struct snap *s, const char *obj)
{
	const struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct look l = { s, obj };
	struct nl_request r;
	int rc;

	nl_begin(&r, RTM_GETLINK, 0, &m, sizeof(m));
	rc = nl_list(NETLINK_ROUTE, &r, name_token, &l);
	return rc < 0 ? rc : name_groups(&l);
}
