// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links of a network namespace, as rtnetlink(7) lists them: veth, with both ends in it, or with one that is
 * declared to stay outside. Links of all other kinds are refused by name.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "external.h"
#include "inet.h"
#include "mounts.h"
#include "net_links.h"
#include "netlink.h"
#include "rooms.h"

#define IFA_KEPT 0x730		/* crfs_net_linkaddr_flags */
#define IFA_DEPRECATED 0x20
#define IFF_KEPT 0x1381		/* crfs_net_link_flags */

/** struct look - @s, and "ns/net-1", which is looked at */
struct look {
	struct snap *s;
	const char *obj, *fresh;
	const struct outer *outer;
	size_t nr_outer;
	struct text *out;
};

static const char *name_of(const struct nlmsghdr *h)
{
	return nl_find(h, sizeof(struct ifinfomsg), IFLA_IFNAME, 2) ?: "?";
}

static int find_outer(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	struct look *l = arg;
	const char *name = name_of(h);
	size_t i;

	for (i = 0; i < l->nr_outer; i++) {
		struct outer *o = (struct outer *)&l->outer[i];

		if (strlen(name) == o->len && !memcmp(name, o->ifname, o->len)) {
			o->link = m->ifi_index;
			o->peer = nl_u32(h, sizeof(*m), IFLA_LINK, 0);
		}
	}
	return 0;
}

struct outer *links_outer(struct snap *s, size_t *nr)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	const struct external *e;
	struct look l = { .s = s };
	struct outer *o = NULL;
	struct nl_request r;
	size_t n = 0;

	for (e = s->opts->external; e; e = e->next)
		n += external_link(e->thing, NULL) > 0;
	*nr = 0;
	if (n)
		o = calloc(n, sizeof(*o));
	for (e = s->opts->external; e && o; e = e->next)
		if (external_link(e->thing, &o[*nr].ifname) > 0) {
			o[*nr].name = e->name;
			o[*nr].len = external_link(e->thing, NULL);
			++*nr;
		}
	l.outer = o;
	l.nr_outer = *nr;
	nl_begin(&r, RTM_GETLINK, 0, &link, sizeof(link));
	if (*nr)
		nl_list(NETLINK_ROUTE, &r, find_outer, &l);
	return o;
}

static const struct outer *outer_of(const struct look *l, uint32_t link, uint32_t peer)
{
	size_t i;

	for (i = 0; i < l->nr_outer; i++)
		if (l->outer[i].link == peer && l->outer[i].peer == link)
			return &l->outer[i];
	return NULL;
}

static void refuse(struct look *l, const struct nlmsghdr *h, const char *why)
{
	snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "link %.*s: %s", IFNAMSIZ, name_of(h), why);
}

static bool has_program(const struct nlmsghdr *h)
{
	const void *xdp = nl_find(h, sizeof(struct ifinfomsg), IFLA_XDP, 0);
	const uint8_t *on = xdp ? nl_in(xdp, IFLA_XDP_ATTACHED, 1) : NULL;

	return on && *on;
}

static void write_link(struct look *l, const struct nlmsghdr *h, const struct outer *o)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *mac = nl_find(h, sizeof(*m), IFLA_ADDRESS, 6);
	struct crfs_net_link c = {
		.link = m->ifi_index,
		.name = { name_of(h), strlen(name_of(h)) },
		.kind = { "veth", 4 },
		.peer = o ? 0 : nl_u32(h, sizeof(*m), IFLA_LINK, 0),
		.external = { o ? o->name : "", o ? strlen(o->name) : 0 },
		.flags = m->ifi_flags & IFF_KEPT,
		.mtu = nl_u32(h, sizeof(*m), IFLA_MTU, 0),
		.txqlen = nl_u32(h, sizeof(*m), IFLA_TXQLEN, 0),
		.group = nl_u32(h, sizeof(*m), IFLA_GROUP, 0),
	};

	if (mac)
		memcpy(c.mac, mac, sizeof(c.mac));
	text_rec(l->out, &crfs_net_link_shape, &c);
}

static int read_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *info = nl_find(h, sizeof(*m), IFLA_LINKINFO, 0);
	const char *kind = info ? nl_in(info, IFLA_INFO_KIND, 2) : NULL;
	const struct outer *o = NULL;
	struct look *l = arg;
	char word[IFNAMSIZ + 3];

	if (h->nlmsg_type != RTM_NEWLINK || m->ifi_index == LO)
		return 0;
	snprintf(word, sizeof(word), " %.*s ", IFNAMSIZ, name_of(h));
	if (strstr(l->fresh, word) && !(m->ifi_flags & IFF_UP))
		return 0;
	if (!kind || strcmp(kind, "veth")) {
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "link %.*s: of kind %.16s, and only lo and veth can be carried: remove it before the checkpoint",
				 IFNAMSIZ, name_of(h), kind ?: "none");
		return 0;
	}
	if (nl_find(h, sizeof(*m), IFLA_LINK_NETNSID, 4)) {
		o = outer_of(l, m->ifi_index, nl_u32(h, sizeof(*m), IFLA_LINK, 0));
		if (!o)
			refuse(l, h, "its other end is in another network namespace: declare it (-o external=NAME=link:IFNAME), or move it there before the checkpoint, and back after the restore (ip link set netns)");
	}
	if (nl_u32(h, sizeof(*m), IFLA_MASTER, 0))
		refuse(l, h, "it belongs to another link (bridge, bond), which cannot be carried: take it out");
	if (has_program(h))
		refuse(l, h, "an eBPF program looks at its packets (XDP), which cannot be carried: take it off");
	write_link(l, h, o);
	return 0;
}

static int add_addr(void *arg, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct ifa_cacheinfo *life = nl_find(h, sizeof(*m), IFA_CACHEINFO, sizeof(*life));
	size_t size = m->ifa_family == AF_INET ? 4 : 16;
	const void *local = nl_find(h, sizeof(*m), IFA_LOCAL, size), *addr = nl_find(h, sizeof(*m), IFA_ADDRESS, size);
	const void *broadcast = nl_find(h, sizeof(*m), IFA_BROADCAST, 4);
	const char *label = nl_find(h, sizeof(*m), IFA_LABEL, 1);
	uint32_t flags = nl_u32(h, sizeof(*m), IFA_FLAGS, m->ifa_flags);
	struct linkaddrs *l = arg;
	struct crfs_net_linkaddr *c;

	if (h->nlmsg_type != RTM_NEWADDR || !(local ?: addr) || (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return 0;
	l->gone += !(flags & IFA_F_PERMANENT);
	if (m->ifa_index == LO || !(flags & IFA_F_PERMANENT))
		return 0;
	c = realloc(l->v, (l->nr + 1) * sizeof(*l->v));
	if (!c)
		return -ENOMEM;
	l->v = c;
	c += l->nr++;
	*c = (struct crfs_net_linkaddr){ .link = m->ifa_index, .family = m->ifa_family, .prefix = m->ifa_prefixlen,
					 .scope = m->ifa_scope, .flags = flags & IFA_KEPT & ~IFA_DEPRECATED,
					 .metric = nl_u32(h, sizeof(*m), IFA_RT_PRIORITY, 0) };
	memcpy(c->addr, local ?: addr, size);
	memcpy(c->peer, addr ?: local, size);
	if (broadcast && m->ifa_family == AF_INET)
		memcpy(c->broadcast, broadcast, 4);
	if (life && !life->ifa_prefered)
		c->flags |= IFA_DEPRECATED;
	c->label = (struct crfs_str){ NULL, label ? strnlen(label, 15) : 0 };
	if (label) {
		char (*more)[16] = realloc(l->labels, l->nr * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->labels = more;
		memcpy(more[l->nr - 1], label, c->label.len);
	}
	return 0;
}

int linkaddrs_read(struct linkaddrs *l)
{
	const struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC };
	struct nl_request r;
	size_t i;
	int rc;

	*l = (struct linkaddrs){ 0 };
	nl_begin(&r, RTM_GETADDR, 0, &addr, sizeof(addr));
	rc = nl_list(NETLINK_ROUTE, &r, add_addr, l);
	for (i = 0; i < l->nr; i++)
		if (l->v[i].label.len)
			l->v[i].label.p = l->labels[i];
	return rc;
}

void linkaddrs_free(struct linkaddrs *l)
{
	free(l->v);
	free(l->labels);
}

int links_read(struct snap *s, const char *obj, const char *fresh, const struct outer *outer, size_t nr,
	       struct text *out)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct look l = { .s = s, .obj = obj, .fresh = fresh, .outer = outer, .nr_outer = nr, .out = out };
	struct linkaddrs addrs;
	struct nl_request r;
	size_t i;
	int rc;

	text_section(out, &crfs_net_link_shape);
	nl_begin(&r, RTM_GETLINK, 0, &link, sizeof(link));
	rc = nl_list(NETLINK_ROUTE, &r, read_link, &l);
	if (rc)
		return rc;
	text_section(out, &crfs_net_linkaddr_shape);
	rc = linkaddrs_read(&addrs);
	for (i = 0; i < addrs.nr && !rc; i++)
		text_rec(out, &crfs_net_linkaddr_shape, &addrs.v[i]);
	if (addrs.gone)
		snap_lost(s, obj, "%zu addresses that last for some time only (from a router, by DHCP)", addrs.gone);
	linkaddrs_free(&addrs);
	return rc;
}

static const struct iobj *net_of(const struct image *im, unsigned int id)
{
	return id ? image_obj((struct image *)im, IOBJ_NS, id) : NULL;
}

static bool is(uint32_t family, const uint8_t addr[16], const struct tcp_end *e)
{
	return family == AF_INET ? tcp_end_v4(e) && !memcmp(addr, e->addr + 12, 4) :
				   !tcp_end_v4(e) && !memcmp(addr, e->addr, 16);
}

bool net_addr_here(const struct image *im, unsigned int id, const struct tcp_end *e)
{
	const struct iobj *o = net_of(im, id);
	const struct crfs_net_linkaddr *a;
	const struct crfs_net_addr *lo;
	size_t n, i;

	if (!o || o->room != &res_ns_net)
		return tcp_end_here(e);
	lo = image_recs(o, &res_ns_net, 1, &n);
	for (i = 0; i < n; i++)
		if (is(lo[i].family, lo[i].addr, e) || (tcp_end_v4(e) && lo[i].addr[0] == 127 && e->addr[12] == 127))
			return true;
	a = image_recs(o, &res_ns_net, 4, &n);
	for (i = 0; i < n; i++)
		if (is(a[i].family, a[i].addr, e))
			return true;
	return false;
}

unsigned int net_link_here(const struct image *im, unsigned int id, const struct crfs_str *name)
{
	const struct iobj *o = net_of(im, id);
	const struct crfs_net_link *c;
	size_t n, i;

	if (!o || o->room != &res_ns_net)
		return inet_ifindex(name);
	if (str_is(name, "lo"))
		return LO;
	c = image_recs(o, &res_ns_net, 3, &n);
	for (i = 0; i < n; i++)
		if (c[i].name.len == name->len && !memcmp(c[i].name.p, name->p, name->len))
			return c[i].link;
	return 0;
}
