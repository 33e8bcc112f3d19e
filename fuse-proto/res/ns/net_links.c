// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links of a network namespace, as rtnetlink(7) lists them: veth, with both ends in it, or with one in another of the
 * container's, or one that is declared to stay outside; bridges with their ports, and other kinds (net_kinds.c). All
 * others are refused by name. Which namespace the other end is in, the kernel tells by a number that it has in this
 * one (RTM_GETNSID), for which those of the container are asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf.h"
#include "external.h"
#include "inet.h"
#include "mounts.h"
#include "net_kinds.h"
#include "net_tun.h"
#include "netlink.h"
#include "ns.h"
#include "proc.h"
#include "rooms.h"

#define IFA_KEPT 0x730		/* crfs_net_linkaddr_flags */
#define IFA_DEPRECATED 0x20
#define BPF_TCX_INGRESS_AT 46	/* the headers here may be older */
#define BPF_TCX_EGRESS_AT 47
#define IFF_KEPT 0x1381		/* crfs_net_link_flags */

/** struct look - @s, and "ns/net-1", which is looked at */
struct look {
	struct snap *s;
	const char *obj, *fresh;
	const struct outer *outer;
	size_t nr_outer;
	const struct kin *kin;
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

static int take_nsid(void *arg, const struct nlmsghdr *h)
{
	*(int32_t *)arg = nl_u32(h, sizeof(struct rtgenmsg), NETNSA_NSID, -1);
	return 1;
}

struct kin *links_kin(struct snap *s)
{
	struct kin *first = NULL, *k;
	const struct ns *n;

	for (n = ns_first(s); n; n = n->next) {
		k = n->room == &res_ns_net ? pool_alloc(&s->scratch, sizeof(*k)) : NULL;
		if (!k)
			continue;
		*k = (struct kin){ .id = n->id, .next = first };
		k->fd = ns_open(s, n);
		first = k;
	}
	return first;
}

void links_kin_number(struct kin *first)
{
	const struct rtgenmsg m = { .rtgen_family = AF_UNSPEC };
	struct nl_request r;
	struct kin *k;

	for (k = first; k; k = k->next) {
		k->number = -1;
		nl_begin(&r, RTM_GETNSID, 0, &m, sizeof(m));
		nl_attr(&r, NETNSA_FD, &k->fd, sizeof(k->fd));
		if (k->fd < 0 || nl_get(NETLINK_ROUTE, &r, take_nsid, &k->number) < 0)
			k->number = -1;
	}
}

void links_kin_free(struct kin *first)
{
	for (; first; first = first->next)
		if (first->fd >= 0)
			close(first->fd);
}

static const struct kin *kin_of(const struct look *l, const struct nlmsghdr *h)
{
	const int32_t *number = nl_find(h, sizeof(struct ifinfomsg), IFLA_LINK_NETNSID, 4);
	const struct kin *k = number ? l->kin : NULL;

	while (k && (k->number < 0 || k->number != *number))
		k = k->next;
	return k;
}

struct outer *links_outer(struct snap *s, size_t *nr)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	const struct crfs_external *e;
	struct look l = { .s = s };
	struct outer *o = NULL;
	struct nl_request r;
	size_t n = 0;

	for (e = s->opts->external; e; e = e->next)
		n += crfs_external_link(e->thing, NULL) > 0;
	*nr = 0;
	if (n)
		o = calloc(n, sizeof(*o));
	for (e = s->opts->external; e && o; e = e->next)
		if (crfs_external_link(e->thing, &o[*nr].ifname) > 0) {
			o[*nr].name = e->name;
			o[*nr].len = crfs_external_link(e->thing, NULL);
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

/* Those of tc(8) are its filters (net_tc.c); these are beside it (tcx, 6.6). */
static bool has_tcx(const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);

	return bpf_attached_as(m->ifi_index, BPF_TCX_INGRESS_AT) || bpf_attached_as(m->ifi_index, BPF_TCX_EGRESS_AT);
}

static void refuse_programs(struct look *l, const struct nlmsghdr *h)
{
	if (has_program(h))
		refuse(l, h, "an eBPF program looks at its packets (XDP), which cannot be carried: take it off");
	if (has_tcx(h))
		refuse(l, h, "an eBPF program looks at its packets (tcx), which cannot be carried: take it off");
}

static void write_link(struct look *l, const struct nlmsghdr *h, struct crfs_net_link *c)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *mac = m->ifi_type == ARPHRD_ETHER ? nl_find(h, sizeof(*m), IFLA_ADDRESS, 6) : NULL;

	c->link = m->ifi_index;
	c->name = (struct crfs_str){ name_of(h), strlen(name_of(h)) };
	c->flags = m->ifi_flags & IFF_KEPT;
	c->mtu = nl_u32(h, sizeof(*m), IFLA_MTU, 0);
	c->txqlen = nl_u32(h, sizeof(*m), IFLA_TXQLEN, 0);
	c->group = nl_u32(h, sizeof(*m), IFLA_GROUP, 0);
	c->master = nl_u32(h, sizeof(*m), IFLA_MASTER, 0);
	if (mac)
		memcpy(c->mac, mac, sizeof(c->mac));
	text_rec(l->out, &crfs_net_link_shape, c);
}

static void read_veth(struct look *l, const struct nlmsghdr *h, struct crfs_net_link *c)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct outer *o = NULL;
	const struct kin *k;

	c->peer = nl_u32(h, sizeof(*m), IFLA_LINK, 0);
	if (!nl_find(h, sizeof(*m), IFLA_LINK_NETNSID, 4))
		return;
	k = kin_of(l, h);
	if (k) {
		c->peer_ns = k->id;
		return;
	}
	o = outer_of(l, m->ifi_index, c->peer);
	c->peer = 0;
	if (o)
		c->external = (struct crfs_str){ o->name, strlen(o->name) };
	else
		refuse(l, h, "its other end is in another network namespace: declare it (-o external=NAME=link:IFNAME), or move it there before the checkpoint, and back after the restore (ip link set netns)");
}

static void read_kind(struct look *l, const struct nlmsghdr *h, const struct link_kind *k, const void *info,
		      struct crfs_net_link *c)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *data = nl_in(info, IFLA_INFO_DATA, 0);
	const uint32_t *on = k->on && data ? nl_in(data, k->on, sizeof(*on)) : NULL;
	const char *odd = NULL;

	c->attrs = link_attrs(l->s, k, data, &odd);
	if (k->lies != LIES_NOT) {
		c->peer = k->lies == LIES_MUST ? nl_u32(h, sizeof(*m), IFLA_LINK, 0) : on ? *on : 0;
		if (nl_find(h, sizeof(*m), IFLA_LINK_NETNSID, 4))
			odd = k->lies == LIES_MAY ? "it was moved here from another network namespace" :
						    "it lies on a link of another network namespace";
		else if (c->peer >= (uint32_t)m->ifi_index)
			odd = "it lies on a link that has a higher number";
	}
	if (!strcmp(k->name, "tun"))
		net_tun_meet(l->s, l->obj, name_of(h), data);
	if (odd)
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "link %.*s: of kind %s, and %s, which cannot be carried: remove it before the checkpoint",
				 IFNAMSIZ, name_of(h), k->name, odd);
}

static void read_port(struct look *l, const struct nlmsghdr *h, const void *info, struct crfs_net_link *c)
{
	const char *of = info ? nl_in(info, IFLA_INFO_SLAVE_KIND, 2) : NULL, *odd = NULL;

	if (!nl_u32(h, sizeof(struct ifinfomsg), IFLA_MASTER, 0))
		return;
	if (of && !strcmp(of, "vrf"))
		return;		/* and that is all */
	if (!of || strcmp(of, "bridge"))
		odd = "it belongs to another link (bond), which cannot be carried: take it out";
	else
		c->port = link_port(l->s, nl_in(info, IFLA_INFO_SLAVE_DATA, 0), &odd);
	if (odd)
		refuse(l, h, odd);
}

static int read_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *info = nl_find(h, sizeof(*m), IFLA_LINKINFO, 0);
	const char *kind = info ? nl_in(info, IFLA_INFO_KIND, 2) : NULL;
	const struct link_kind *k = kind ? link_kind(kind, strlen(kind)) : NULL;
	struct look *l = arg;
	char word[IFNAMSIZ + 3];
	struct crfs_net_link c = { .kind = { kind, kind ? strlen(kind) : 0 } };

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	refuse_programs(l, h);
	if (m->ifi_index == LO)
		return 0;
	snprintf(word, sizeof(word), " %.*s ", IFNAMSIZ, name_of(h));
	if (strstr(l->fresh, word) && !(m->ifi_flags & IFF_UP))
		return 0;
	if (!k && (!kind || strcmp(kind, "veth"))) {
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "link %.*s: of kind %.16s, which cannot be carried: remove it before the checkpoint",
				 IFNAMSIZ, name_of(h), kind ?: "none");
		return 0;
	}
	if (k)
		read_kind(l, h, k, info, &c);
	else
		read_veth(l, h, &c);
	read_port(l, h, info, &c);
	write_link(l, h, &c);
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
	       const struct kin *kin, struct text *out)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct look l = { .s = s, .obj = obj, .fresh = fresh, .outer = outer, .nr_outer = nr, .kin = kin,
			  .out = out };
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
	if (crfs_str_is(name, "lo"))
		return LO;
	c = image_recs(o, &res_ns_net, 3, &n);
	for (i = 0; i < n; i++)
		if (c[i].name.len == name->len && !memcmp(c[i].name.p, name->p, name->len))
			return c[i].link;
	return 0;
}
