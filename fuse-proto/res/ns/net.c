// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network namespace: network_namespaces(7).
 *
 * Carried: whether lo is up, its MTU and addresses; every sysctl that is not what a new namespace has: one is made
 * to compare with, and left again; links with their addresses (net_links.c), routes (net_routes.c), rules of
 * routing, neighbours, nexthop objects and queueing disciplines (net_entries.c), nftables (net_nft.c): whether the kernel takes these back is tried in
 * another new one; and the connections that netfilter follows (net_conns.c). Everything else that somebody has to have set up is refused by name: other links, other traffic control,
 * iptables, IPsec, what net_others.c compares. Lost: what ethtool(8) sets of a link
 * (net_ethtool.c), what net_lost.c names, addresses and routes that last for some time only. Put back: net_make.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/xfrm.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_conns.h"
#include "net_entries.h"
#include "net_ethtool.h"
#include "net_links.h"
#include "net_lost.h"
#include "net_nft.h"
#include "net_others.h"
#include "net_sysctl.h"
#include "netlink.h"
#include "ns.h"
#include "proc.h"
#include "rooms.h"
#include "visit.h"

/** struct look - @s, and "ns/net-1", which is looked at, @net; @fresh: the links of a new one, " lo sit0 "; @others: of a new one */
struct look {
	struct snap *s;
	const char *obj;
	int net;
	char fresh[512];
	const char *what;
	const struct outer *outer;
	size_t nr_outer;
	struct kin *kin;
	struct nft_rows nft;
	struct ethtool_fresh ethtool;
	struct others others;
};

/* Those that last for some time only are counted with those of the links. */
static int add_addr(void *arg, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	size_t size = m->ifa_family == AF_INET ? 4 : 16;
	const void *a = nl_find(h, sizeof(*m), IFA_LOCAL, size) ?: nl_find(h, sizeof(*m), IFA_ADDRESS, size);
	struct crfs_net_addr *more;
	struct lo *lo = arg;

	if (h->nlmsg_type != RTM_NEWADDR || m->ifa_index != LO || !a ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) ||
	    !(nl_u32(h, sizeof(*m), IFA_FLAGS, m->ifa_flags) & IFA_F_PERMANENT))
		return 0;
	more = realloc(lo->addr, (lo->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	lo->addr = more;
	more[lo->nr] = (struct crfs_net_addr){ .family = m->ifa_family, .prefix = m->ifa_prefixlen,
					       .scope = m->ifa_scope };
	memcpy(more[lo->nr++].addr, a, size);
	return 0;
}

static int add_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *mtu = nl_find(h, sizeof(*m), IFLA_MTU, 4);
	struct lo *lo = arg;

	if (h->nlmsg_type != RTM_NEWLINK || m->ifi_index != LO)
		return 0;
	lo->dev.up = !!(m->ifi_flags & IFF_UP);
	if (mtu)
		memcpy(&lo->dev.mtu, mtu, 4);
	return 0;
}

static int by_addr(const void *a, const void *b)
{
	const struct crfs_net_addr *x = a, *y = b;
	int c = (x->family > y->family) - (x->family < y->family);

	return c ?: memcmp(x->addr, y->addr, 16) ?: (x->prefix > y->prefix) - (x->prefix < y->prefix);
}

int lo_read(struct lo *lo)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC };
	struct nl_request r;
	int rc;

	*lo = (struct lo){ 0 };
	nl_begin(&r, RTM_GETLINK, 0, &link, sizeof(link));
	rc = nl_list(NETLINK_ROUTE, &r, add_link, lo);
	if (rc)
		return rc;
	nl_begin(&r, RTM_GETADDR, 0, &addr, sizeof(addr));
	rc = nl_list(NETLINK_ROUTE, &r, add_addr, lo);
	if (lo->nr)
		qsort(lo->addr, lo->nr, sizeof(*lo->addr), by_addr);
	return rc;
}

/* Devices that come with every namespace (tunl0, sit0) are there, and down. */
static int list_fresh(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const char *name = nl_find(h, sizeof(*m), IFLA_IFNAME, 2);
	struct look *l = arg;
	size_t n = strlen(l->fresh);

	if (h->nlmsg_type == RTM_NEWLINK && name)
		snprintf(l->fresh + n, sizeof(l->fresh) - n, "%s ", name);
	return 0;
}

static void refuse(struct look *l, const char *what)
{
	snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "%s, which cannot be carried: remove them before the checkpoint", what);
}

static int check_any(void *arg, const struct nlmsghdr *h)
{
	struct look *l = arg;

	(void)h;
	refuse(l, l->what);
	return 1;
}

/* Kinds that this kernel does not have have no objects. */
static int any(struct look *l, int protocol, int type, const void *body, size_t size, const char *what)
{
	struct nl_request r;
	int rc;

	l->what = what;
	nl_begin(&r, type, 0, body, size);
	rc = nl_list(protocol, &r, check_any, l);
	return rc == -EPERM || rc == -ENOMEM ? rc : 0;
}

static void check_tables(struct look *l, const char *file)
{
	char *text = proc_read(l->s->proc, NULL, "thread-self/net/%s", file);

	if (text && *text)
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "iptables, which cannot be carried: remove them before the checkpoint");
	free(text);
}

/* Two lines say what is in the others. */
static void check_services(struct look *l)
{
	char *text = proc_read(l->s->proc, NULL, "thread-self/net/ip_vs"), *p = text;
	int i;

	for (i = 0; i < 3 && p && *p; i++)
		p = strchrnul(p, '\n') + (strchr(p, '\n') != NULL);
	if (p && *p)
		refuse(l, "services of IPVS (ipvsadm)");
	free(text);
}

/* Addresses that a rule of iptables has noted, "-m recent": the rule comes back (net_nft.c), with an empty list. */
static void name_recent(struct look *l)
{
	int dir = proc_open(l->s->proc, O_RDONLY | O_DIRECTORY, "thread-self/net/xt_recent");
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	const struct dirent *e;
	char *text;

	while (d && (e = readdir(d))) {
		text = *e->d_name == '.' ? NULL : proc_read(l->s->proc, NULL, "thread-self/net/xt_recent/%s", e->d_name);
		if (text && *text)
			snap_lost(l->s, l->obj, "addresses in list %s of iptables (recent)", e->d_name);
		free(text);
	}
	if (d)
		closedir(d);
	else if (dir >= 0)
		close(dir);
}

static int list(int type, const void *body, size_t size, int (*each)(void *arg, const struct nlmsghdr *h),
		struct look *l)
{
	struct nl_request r;
	int rc;

	nl_begin(&r, type, 0, body, size);
	rc = nl_list(NETLINK_ROUTE, &r, each, l);
	return rc < 0 ? rc : 0;
}

static int check_others(struct look *l)
{
	const struct others *fresh = &l->others;
	struct others o;
	int rc = others_read(l->net, &o);

	if (rc)
		return rc;
	if (o.labels != fresh->labels)
		refuse(l, "labels of addresses (ip addrlabel)");
	if (o.endpoints)
		refuse(l, "endpoints of MPTCP (ip mptcp endpoint)");
	if (memcmp(o.limits, fresh->limits, sizeof(o.limits)))
		refuse(l, "limits of MPTCP (ip mptcp limits)");
	if (o.sets)
		refuse(l, "sets of addresses (ipset)");
	if (o.programs)
		refuse(l, "eBPF programs that find its sockets or dissect its packets");
	return 0;
}

static int check_rest(struct look *l)
{
	int rc = any(l, NETLINK_XFRM, XFRM_MSG_GETPOLICY, "", 0, "policies of IPsec");

	if (!rc)
		rc = any(l, NETLINK_XFRM, XFRM_MSG_GETSA, "", 0, "associations of IPsec");
	check_tables(l, "ip_tables_names");
	check_tables(l, "ip6_tables_names");
	check_tables(l, "arp_tables_names");
	check_services(l);
	name_recent(l);
	return rc ?: links_lost(l->s, l->obj) ?: check_others(l);
}

/* What a new namespace has. The thread is in one of its own after it, until it goes elsewhere. */
static int look_at_fresh(struct look *l, struct settings *fresh)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };

	strcpy(l->fresh, " ");
	if (unshare(CLONE_NEWNET))
		return -errno;
	return list(RTM_GETLINK, &link, sizeof(link), list_fresh, l) ?: settings_read(l->s->proc, fresh) ?:
	       ethtool_learn(&l->ethtool) ?: others_read(-1, &l->others);
}

/* What a link of its own has is compared with what new ones get: "ipv4/conf/eth0/x" with "ipv4/conf/default/x". */
static const char *usual(const struct settings *fresh, const char *path)
{
	const char *was = settings_find(fresh, path), *dev = strstr(path, "/conf/") ?: strstr(path, "/neigh/"), *end;
	char of_new[512];

	if (was || !dev)
		return was;
	dev = strchr(dev + 1, '/') + 1;
	end = strchr(dev, '/');
	if (!end || snprintf(of_new, sizeof(of_new), "%.*sdefault%s", (int)(dev - path), path, end) >=
		    (int)sizeof(of_new))
		return NULL;
	return settings_find(fresh, of_new);
}

static int write_routes(struct look *l, struct text *out)
{
	struct routes r;
	size_t i;
	int rc = routes_read(&r);

	text_section(out, &crfs_net_route_shape);
	for (i = 0; i < r.nr && !rc; i++)
		text_rec(out, &crfs_net_route_shape, &r.v[i]);
	if (r.odd)
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "%s, which cannot be carried: remove it before the checkpoint", r.odd);
	if (r.gone)
		snap_lost(l->s, l->obj, "%zu routes that last for some time only (from a router)", r.gone);
	routes_free(&r);
	return rc;
}

static int write_entries(struct look *l, struct text *out)
{
	struct entries e;
	size_t i;
	int rc = entries_read(&e);

	text_section(out, &crfs_net_entry_shape);
	for (i = 0; i < e.nr && !rc; i++)
		text_rec(out, &crfs_net_entry_shape, &e.v[i]);
	if (*e.odd)
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "%s, which cannot be carried: remove it before the checkpoint", e.odd);
	if (e.jitter)
		snap_lost(l->s, l->obj, "how netem distributes the delays of link %d, which the kernel does not tell", e.jitter);
	entries_free(&e);
	return rc;
}

static int write_conns(struct look *l, struct text *out)
{
	struct conns c;
	size_t i;
	int rc = conns_read(&c);

	text_section(out, &crfs_net_conn_shape);
	for (i = 0; i < c.nr && !rc; i++)
		text_rec(out, &crfs_net_conn_shape, &c.v[i]);
	if (c.odd)
		snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "%s, which cannot be carried: let it end before the checkpoint", c.odd);
	conns_free(&c);
	return rc;
}

static void write_settings(const struct settings *is, const struct settings *fresh, struct text *out)
{
	const char *was;
	size_t i;

	text_section(out, &crfs_net_sysctl_shape);
	for (i = 0; i < is->nr; i++) {
		const struct setting *v = &is->v[i];

		was = usual(fresh, v->path);
		if (was && strcmp(was, v->value))
			text_rec(out, &crfs_net_sysctl_shape, &(struct crfs_net_sysctl){
				 { v->path, strlen(v->path) }, { v->value, strlen(v->value) } });
	}
}

static void refuse_nft(struct look *l, const char *what)
{
	snap_unsupported(l->s, -EOPNOTSUPP, l->obj, "%s, which cannot be carried: remove it before the checkpoint", what);
}

static int write_nft(struct look *l, struct text *out)
{
	struct nft_rows *r = &l->nft;
	size_t i;
	int rc = nft_read(r);

	if (r->odd)
		refuse_nft(l, r->odd);
	if (r->high)
		snap_lost(l->s, l->obj, "the handles of table %s of nftables, which are too high to be given again", r->high);
	text_section(out, &crfs_net_nft_shape);
	for (i = 0; i < r->nr && !rc; i++) {
		if (r->high)
			r->v[i].handle = r->v[i].kind == NFT_KIND_TABLE;
		text_rec(out, &crfs_net_nft_shape, &r->v[i]);
	}
	return rc;
}

static bool same_nft(const struct crfs_net_nft *a, const struct crfs_net_nft *b)
{
	return a->kind == b->kind && a->handle == b->handle && a->attrs.len == b->attrs.len &&
	       a->name.len == b->name.len && !memcmp(a->attrs.p, b->attrs.p, a->attrs.len) &&
	       !memcmp(a->name.p, b->name.p, a->name.len);
}

static const char *name_of(const struct look *l, size_t i)
{
	const struct crfs_net_nft *r = &l->nft.v[i];
	const char *kind = crfs_net_nft_kinds[r->kind].name;

	return pool_printf(&l->s->pool, "%s %s of table %s of nftables, which the kernel does not take back as it tells it",
			   kind, r->kind == NFT_KIND_TABLE ? "" : r->name.p, r->table.p);
}

/*
 * Does the kernel take it back? In a namespace that nobody has, in which the thread is after it. What belongs to
 * links cannot be tried there, and what expires may have gone meanwhile.
 */
static int try_nft(struct look *l)
{
	struct nft_rows *r = &l->nft, made = { 0 };
	size_t bad, i;
	int rc;

	if (!r->nr || r->odd || r->high || r->devices)
		return 0;
	if (unshare(CLONE_NEWNET))
		return -errno;
	if (nft_put(r->v, r->nr, &bad)) {
		refuse_nft(l, bad < r->nr ? name_of(l, bad) : "nftables that the kernel does not take back");
		return 0;
	}
	rc = nft_read(&made);
	for (i = 0; i < r->nr && i < made.nr && !rc && !r->mortal; i++)
		if (!same_nft(&r->v[i], &made.v[i]))
			break;
	if (!rc && !r->mortal && (i < r->nr || made.nr != r->nr))
		refuse_nft(l, i < r->nr ? name_of(l, i) : "nftables that come back as more");
	nft_free(&made);
	return rc;
}

static int look(struct look *l, const struct settings *fresh, struct text *out)
{
	struct settings is = { 0 };
	struct lo lo;
	size_t i;
	int rc = lo_read(&lo);

	if (!rc)
		rc = settings_read(l->s->proc, &is);
	if (!rc)
		rc = check_rest(l);
	text_section(out, &crfs_ns_net_shape);
	text_rec(out, &crfs_ns_net_shape, &lo.dev);
	text_section(out, &crfs_net_addr_shape);
	for (i = 0; i < lo.nr; i++)
		text_rec(out, &crfs_net_addr_shape, &lo.addr[i]);
	write_settings(&is, fresh, out);
	if (!rc)
		rc = links_read(l->s, l->obj, l->fresh, l->outer, l->nr_outer, l->kin, out) ?:
		     ethtool_name(l->s, l->obj, &l->ethtool);
	if (!rc)
		rc = write_routes(l, out);
	if (!rc)
		rc = write_nft(l, out);
	if (!rc)
		rc = write_entries(l, out);
	if (!rc)
		rc = write_conns(l, out);
	settings_free(&is);
	free(lo.addr);
	return rc;
}

static int net_read(struct snap *s, void *obj, struct text *out)
{
	struct settings fresh = { 0 };
	struct ns *n = obj;
	struct look l = { .s = s, .obj = pool_printf(&s->pool, "ns/net-%u", n->id) };
	struct outer *outer = links_outer(s, &l.nr_outer);
	struct visit v;
	int rc = visit_ns(s, n, CLONE_NEWNET, &v), fd;

	l.outer = outer;
	l.kin = links_kin(s);
	if (rc)
		free(outer);
	if (rc)
		links_kin_free(l.kin);
	if (rc)
		return fail(s->err, rc, "setns into %s", l.obj);
	fd = proc_open(s->proc, O_RDONLY, "thread-self/ns/net");
	l.net = fd;
	rc = fd < 0 ? fd : ethtool_count(&l.ethtool) ?: look_at_fresh(&l, &fresh);
	/* Also if that has failed: back from the new one. */
	if (fd >= 0 && setns(fd, CLONE_NEWNET) && !rc)
		rc = -errno;
	links_kin_number(l.kin);
	if (!rc)
		rc = look(&l, &fresh, out) ?: try_nft(&l);
	links_kin_free(l.kin);
	if (fd >= 0)
		close(fd);
	nft_free(&l.nft);
	settings_free(&fresh);
	free(outer);
	rc = visit_end(&v) ?: rc;
	return rc ? fail(s->err, rc, "looking into %s", l.obj) : 0;
}

const struct resource res_ns_net = {
	.name = "net",
	.scope = PER_NS,
	.shapes = (const struct crfs_shape *const[]){ &crfs_ns_net_shape, &crfs_net_addr_shape,
						      &crfs_net_sysctl_shape, &crfs_net_link_shape,
						      &crfs_net_linkaddr_shape, &crfs_net_route_shape,
						      &crfs_net_nft_shape, &crfs_net_entry_shape,
						      &crfs_net_conn_shape, NULL },
	.read = net_read,
	.check = net_check,
	.make = net_make,
	.finish = net_finish,
};
