// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network namespace made again: unshare(2) in the controller, in which all sockets are made and from
 * which all tasks are born.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "home.h"
#include "net_conns.h"
#include "net_entries.h"
#include "net_links.h"
#include "net_nft.h"
#include "netlink.h"
#include "proc.h"
#include "rooms.h"
#include "user.h"

static bool bad_path(const struct crfs_str *p)
{
	size_t i;

	if (!p->len || p->len > 256 || p->p[0] == '/' || p->p[p->len - 1] == '/')
		return true;
	for (i = 0; i < p->len; i++)
		if (!p->p[i] || (p->p[i] == '/' && p->p[i + 1] == '/') ||
		    (p->p[i] == '.' && (!i || p->p[i - 1] == '/')))
			return true;
	return false;
}

void net_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_net *dev = image_rec(o, &res_ns_net, 0);
	const struct crfs_net_addr *a;
	const struct crfs_net_sysctl *c;
	const struct crfs_net_entry *e;
	const struct crfs_net_conn *f;
	const struct crfs_net_nft *r;
	size_t n, i;

	if (dev && dev->up > 1)
		image_mismatch(im, -EINVAL, o->path, "up: 0 or 1");
	a = image_recs(o, &res_ns_net, 1, &n);
	for (i = 0; i < n; i++)
		if ((a[i].family != AF_INET && a[i].family != AF_INET6) || a[i].scope > 255 ||
		    a[i].prefix > (a[i].family == AF_INET ? 32U : 128U))
			image_mismatch(im, -EINVAL, o->path, "address %zu: there is none like that", i);
	links_check(im, o);
	r = image_recs(o, &res_ns_net, 6, &n);
	i = nft_bad(r, n);
	if (i < n)
		image_mismatch(im, -EINVAL, o->path, "nftables row %zu: there is none like that", i);
	e = image_recs(o, &res_ns_net, 7, &n);
	i = entries_bad(e, n);
	if (i < n)
		image_mismatch(im, -EINVAL, o->path, "rule or neighbour %zu: there is none like that", i);
	f = image_recs(o, &res_ns_net, 8, &n);
	i = conns_bad(f, n);
	if (i < n)
		image_mismatch(im, -EINVAL, o->path, "followed connection %zu: there is none like that", i);
	c = image_recs(o, &res_ns_net, 2, &n);
	for (i = 0; i < n; i++)
		if (bad_path(&c[i].sysctl) || c[i].value.len > 4096)
			image_mismatch(im, -EINVAL, o->path, "sysctl %.*s: not one of a network namespace",
				       (int)(c[i].sysctl.len < 64 ? c[i].sysctl.len : 64), c[i].sysctl.p);
}

static int set_link(const struct crfs_ns_net *d)
{
	const struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = LO, .ifi_change = IFF_UP,
				     .ifi_flags = d->up ? IFF_UP : 0 };
	struct nl_request r;

	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	nl_attr(&r, IFLA_MTU, &d->mtu, sizeof(d->mtu));
	return nl_ask(NETLINK_ROUTE, &r);
}

static int change_addr(int type, int flags, const struct crfs_net_addr *a)
{
	const struct ifaddrmsg m = { .ifa_family = a->family, .ifa_prefixlen = a->prefix,
				     .ifa_scope = a->scope, .ifa_index = LO };
	size_t size = a->family == AF_INET ? 4 : 16;
	struct nl_request r;

	nl_begin(&r, type, flags, &m, sizeof(m));
	nl_attr(&r, IFA_LOCAL, a->addr, size);
	nl_attr(&r, IFA_ADDRESS, a->addr, size);
	return nl_ask(NETLINK_ROUTE, &r);
}

static bool among(const struct crfs_net_addr *a, const struct crfs_net_addr *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a->family == of[i].family && a->prefix == of[i].prefix &&
		    !memcmp(a->addr, of[i].addr, 16))
			return true;
	return false;
}

/* Being up brings some by itself, which may have been taken away. */
static int set_addrs(const struct crfs_net_addr *want, size_t n)
{
	struct lo lo;
	size_t i;
	int rc = lo_read(&lo);

	for (i = 0; i < lo.nr && !rc; i++)
		if (!among(&lo.addr[i], want, n))
			rc = change_addr(RTM_DELADDR, 0, &lo.addr[i]);
	for (i = 0; i < n && !rc; i++)
		if (!among(&want[i], lo.addr, lo.nr))
			rc = change_addr(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &want[i]);
	free(lo.addr);
	return rc;
}

static int set_sysctl(const struct restore *rs, const struct crfs_net_sysctl *c)
{
	int fd = proc_open(rs->proc, O_WRONLY | O_NOFOLLOW, "sys/net/%.*s", (int)c->sysctl.len, c->sysctl.p);
	int rc = 0;

	if (fd < 0)
		return fd;
	if (write(fd, c->value.p, c->value.len) != (ssize_t)c->value.len)
		rc = -errno;
	close(fd);
	return rc;
}

/* Twice: some set others. */
static int set_sysctls(struct restore *rs, struct iobj *o)
{
	const struct crfs_net_sysctl *c;
	size_t n, i;
	int rc;

	c = image_recs(o, &res_ns_net, 2, &n);
	for (i = 0; i < 2 * n; i++) {
		rc = set_sysctl(rs, &c[i % n]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "setting net/%.*s", (int)c[i % n].sysctl.len,
				       c[i % n].sysctl.p);
	}
	return 0;
}

static int put_entries(struct restore *rs, struct iobj *o, enum entries_step step)
{
	size_t n, bad;
	const struct crfs_net_entry *e = image_recs(o, &res_ns_net, 7, &n);
	int rc = entries_put(e, n, step, &bad);

	if (!rc)
		return 0;
	return fail_on(rs->err, rc, o->path, "rules and neighbours, row %zu%s%s", bad, bad < n ? ": a " : "",
		       bad < n ? crfs_net_entry_kinds[e[bad].kind].name : "");
}

/* What belongs to links, when all are up. */
static int put_rest(struct restore *rs, struct iobj *o)
{
	const struct crfs_net_route *r;
	size_t n;
	int rc = links_addrs(rs, o);

	rc = rc ?: set_sysctls(rs, o);
	rc = rc ?: put_entries(rs, o, ENTRIES_UNROUTED);
	if (rc)
		return rc;
	r = image_recs(o, &res_ns_net, 5, &n);
	rc = routes_put(r, n);
	return rc ? fail_on(rs->err, rc, o->path, "routes") : put_entries(rs, o, ENTRIES_ROUTED);
}

static bool is_last(const struct image *im, const struct iobj *o)
{
	const struct iobj *end = im->objs[IOBJ_NS] + im->nr[IOBJ_NS], *next = o + 1;

	while (next < end && next->room != o->room)
		next++;
	return next == end;
}

/* A pair of links may lead from one to another: @step comes in all before the next does in any. */
static int in_all(struct restore *rs, int (*step)(struct restore *rs, struct iobj *o))
{
	struct iobj *o, *end = rs->im->objs[IOBJ_NS] + rs->im->nr[IOBJ_NS];
	int rc = 0;

	for (o = rs->im->objs[IOBJ_NS]; o < end && !rc; o++)
		if (o->room == &res_ns_net)
			rc = setns(o->fd, CLONE_NEWNET) ? fail_on(rs->err, -errno, o->path, "entering it") : step(rs, o);
	return rc;
}

int net_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_net_addr *a;
	size_t n;
	int rc;

	if (!rs->front_net)
		rs->front_net = proc_open(rs->proc, O_RDONLY, "thread-self/ns/net");
	rc = user_unshare(rs, o, "net", CLONE_NEWNET);
	if (rc)
		return fail_on(rs->err, rc, o->path, "unshare(CLONE_NEWNET)");
	a = image_recs(o, &res_ns_net, 1, &n);
	rc = set_link(image_rec(o, &res_ns_net, 0));
	if (!rc)
		rc = set_addrs(a, n);
	if (rc)
		return fail_on(rs->err, rc, o->path, "lo and its addresses: needs CAP_NET_ADMIN");
	o->fd = proc_open(rs->proc, O_RDONLY, "thread-self/ns/net");
	if (o->fd < 0)
		return fail_on(rs->err, o->fd, o->path, "keeping it");
	rc = links_make(rs, o);
	if (!rc && is_last(rs->im, o))
		rc = in_all(rs, links_make_upper) ?: in_all(rs, links_up) ?: in_all(rs, put_rest);
	return !rc && setns(o->fd, CLONE_NEWNET) ? fail_on(rs->err, -errno, o->path, "going back") : rc;
}

static int put_nft(struct restore *rs, struct iobj *o)
{
	size_t n, bad;
	const struct crfs_net_nft *v = image_recs(o, &res_ns_net, 6, &n);
	int rc = nft_put(v, n, &bad);

	if (!rc)
		return 0;
	return fail_on(rs->err, rc, o->path, "nftables: %.*s %.*s of table %.*s: use a kernel that has what it is made of",
		       bad < n ? (int)strlen(crfs_net_nft_kinds[v[bad].kind].name) : 0,
		       bad < n ? crfs_net_nft_kinds[v[bad].kind].name : "", bad < n ? (int)v[bad].name.len : 0,
		       bad < n ? v[bad].name.p : "", bad < n ? (int)v[bad].table.len : 0, bad < n ? v[bad].table.p : "");
}

static int put_conns(struct restore *rs, struct iobj *o)
{
	size_t n, bad = 0;
	const struct crfs_net_conn *v = image_recs(o, &res_ns_net, 8, &n);
	int rc = conns_put(v, n, &bad);

	return rc ? fail_on(rs->err, rc, o->path, "following connection %zu: use a kernel with nf_conntrack_netlink", bad) : 0;
}

/* In the way of what brings sockets into their state, so it comes when that is done. */
int net_finish(struct restore *rs, struct iobj *o)
{
	size_t rules, conns, n;
	const struct crfs_net_entry *e = image_recs(o, &res_ns_net, 7, &n);
	int rc, back;

	image_recs(o, &res_ns_net, 6, &rules);
	image_recs(o, &res_ns_net, 8, &conns);
	if (!rules && !conns && !entries_any(e, n, ENTRIES_LAST))
		return 0;
	rc = home_enter(rs, HOME_NET, o->id);
	if (rc)
		return fail_on(rs->err, rc, o->path, "entering it");
	rc = put_nft(rs, o) ?: put_conns(rs, o) ?: put_entries(rs, o, ENTRIES_LAST);
	back = home_enter(rs, HOME_NET, home_of(rs->im, HOME_NET));
	return rc ?: back;
}
