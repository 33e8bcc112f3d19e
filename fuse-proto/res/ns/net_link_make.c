// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links made again, in the new network namespace: both ends of a veth at once, when the namespace of the second
 * is there. The other end of one that is declared to
 * lead outside gets the name that is given now, in the mounter's namespace, and goes up; into a bridge, if one is named.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <crfs/str.h>

#include "external.h"
#include "net_kinds.h"
#include "netlink.h"
#include "proc.h"
#include "rooms.h"

#define GONE_WAIT_MS 2000

/** struct side - of a veth that is made: @name, @link 0: any number; @fd: the namespace, -1: this one */
struct side {
	struct crfs_str name;
	uint32_t link;
	const uint8_t *mac;
	int fd;
};

static void put_name(struct nl_request *r, const struct side *s)
{
	char name[IFNAMSIZ] = "";

	memcpy(name, s->name.p, s->name.len < IFNAMSIZ ? s->name.len : IFNAMSIZ - 1);
	nl_attr(r, IFLA_IFNAME, name, strlen(name) + 1);
	if (s->mac)
		nl_attr(r, IFLA_ADDRESS, s->mac, 6);
	if (s->fd >= 0)
		nl_attr(r, IFLA_NET_NS_FD, &s->fd, sizeof(s->fd));
}

static int make_veth(const struct side *a, const struct side *b)
{
	const struct ifinfomsg m = { .ifi_index = a->link }, peer = { .ifi_index = b->link };
	struct rtattr *info, *data, *other;
	struct nl_request r;

	nl_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	put_name(&r, a);
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_attr(&r, IFLA_INFO_KIND, "veth", 4);
	data = nl_nest(&r, IFLA_INFO_DATA);
	other = nl_nest(&r, VETH_INFO_PEER);
	nl_append(&r, &peer, sizeof(peer));
	put_name(&r, b);
	nl_nest_end(&r, other);
	nl_nest_end(&r, data);
	nl_nest_end(&r, info);
	return nl_ask(NETLINK_ROUTE, &r);
}

/* In the mounter's namespace: up, and into the bridge behind '@' in @thing. */
static int attach_outer(const char *name, const char *bridge)
{
	struct ifinfomsg m = { .ifi_index = if_nametoindex(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	uint32_t master = *bridge ? if_nametoindex(bridge) : 0;
	struct nl_request r;

	if (!m.ifi_index || (*bridge && !master))
		return -ENODEV;
	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	if (master)
		nl_attr(&r, IFLA_MASTER, &master, sizeof(master));
	return nl_ask(NETLINK_ROUTE, &r);
}

/* @free: nobody is behind it any more, so take it away; else set it up */
static int in_front(struct restore *rs, const char *name, const char *bridge, bool free)
{
	int here = proc_open(rs->proc, O_RDONLY, "thread-self/ns/net"), rc;

	if (here < 0)
		return here;
	rc = setns(rs->front_net, CLONE_NEWNET) ? -errno : 0;
	if (!rc) {
		rc = free ? link_free(rs->proc, name) : attach_outer(name, bridge);
		if (setns(here, CLONE_NEWNET) && !rc)
			rc = -errno;
	}
	close(here);
	return rc;
}

/* The link of the container that was ended goes a moment after it, with its other end. */
static int make_outside(struct restore *rs, const struct iobj *o, const struct crfs_net_link *c)
{
	const char *thing = external_thing(rs->im->opts, &c->external), *ifname;
	size_t len = crfs_external_link(thing, &ifname);
	const struct side in = { .name = c->name, .link = c->link, .mac = c->mac, .fd = -1 };
	const struct side out = { .name = { ifname, len }, .fd = rs->front_net };
	struct timespec nap = { .tv_nsec = 10000000 };
	char name[IFNAMSIZ] = "";
	int rc, i;

	memcpy(name, ifname, len);
	for (i = 0; i < GONE_WAIT_MS / 10; i++) {
		rc = make_veth(&in, &out);
		if (rc != -EEXIST)
			break;
		if (in_front(rs, name, "", true))
			nanosleep(&nap, NULL);
	}
	if (rc)
		return fail_on(rs->err, rc, o->path, "link %.*s with %s outside%s", (int)c->name.len, c->name.p, name,
			       rc == -EEXIST ? ": there is a link of that name: declare another" : "");
	rc = in_front(rs, name, ifname[len] == '@' ? ifname + len + 1 : "", false);
	return rc ? fail_on(rs->err, rc, o->path, "setting up %s, the other end of %.*s", name, (int)c->name.len,
			    c->name.p) : 0;
}

static const struct crfs_net_link *by_link(const struct crfs_net_link *c, size_t n, uint32_t link)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].link == link)
			return &c[i];
	return NULL;
}

/* Its other end, and where that is: NULL if that is not made yet. */
static const struct crfs_net_link *peer_of(const struct image *im, const struct iobj *o, const struct crfs_net_link *c,
					   const struct iobj **in)
{
	size_t n;
	const struct crfs_net_link *all;

	*in = c->peer_ns ? image_obj((struct image *)im, IOBJ_NS, c->peer_ns) : o;
	if (!*in || (*in)->room != &res_ns_net)
		return NULL;
	all = image_recs(*in, &res_ns_net, 3, &n);
	return by_link(all, n, c->peer);
}

static int make_inside(struct restore *rs, const struct iobj *o, const struct crfs_net_link *a)
{
	const struct iobj *in;
	const struct crfs_net_link *b = peer_of(rs->im, o, a, &in);
	const struct side one = { .name = a->name, .link = a->link, .mac = a->mac, .fd = -1 };
	const struct side two = { .name = b->name, .link = b->link, .mac = b->mac, .fd = in == o ? -1 : in->fd };
	int rc;

	if (in == o ? a->link > a->peer : in->fd < 0 || in->id > o->id)
		return 0;
	rc = make_veth(&one, &two);
	return rc ? fail_on(rs->err, rc, o->path, "link %.*s: needs CAP_NET_ADMIN and veth", (int)a->name.len,
			    a->name.p) : 0;
}

static int make_kinds(struct restore *rs, const struct iobj *o, bool lower)
{
	size_t n, i;
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);
	const struct link_kind *k;
	int rc = 0;

	for (i = 0; i < n && !rc; i++) {
		k = link_kind(c[i].kind.p, c[i].kind.len);
		if (k && link_lies_on(k, &c[i]) == lower)
			rc = link_kind_make(&c[i]);
	}
	return rc ? fail_on(rs->err, rc, o->path, "link %.*s: needs CAP_NET_ADMIN, and a kernel that has kind %.*s",
			    (int)c[i - 1].name.len, c[i - 1].name.p, (int)c[i - 1].kind.len, c[i - 1].kind.p) : 0;
}

/*
 * A link that goes up gets an address of IPv6 by itself, a moment later, and asks whether somebody else has it. Nobody
 * has, and it shall count at once, so it is set like the others.
 */
static void change_gen_mode(struct restore *rs, const struct crfs_net_link *c, char value)
{
	const bool idle = c->kind.len == 3 && !memcmp(c->kind.p, "tun", 3);	/* gets none while nobody has it open */
	int fd = idle ? -1 : proc_open(rs->proc, O_RDWR, "sys/net/ipv6/conf/%.*s/addr_gen_mode", (int)c->name.len, c->name.p);

	if (fd < 0)
		return;		/* no IPv6 */
	if (pwrite(fd, &value, 1, 0) != 1)
		errno = 0;
	close(fd);
}

static uint32_t mtu_now(const struct crfs_net_link *c)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_mtu = 0 };

	memcpy(r.ifr_name, c->name.p, c->name.len < IFNAMSIZ ? c->name.len : IFNAMSIZ - 1);
	if (s < 0 || ioctl(s, SIOCGIFMTU, &r))
		r.ifr_mtu = 0;
	if (s >= 0)
		close(s);
	return r.ifr_mtu;
}

static int take_mac(void *arg, const struct nlmsghdr *h)
{
	const void *mac = nl_find(h, sizeof(struct ifinfomsg), IFLA_ADDRESS, 6);

	if (mac)
		memcpy(arg, mac, 6);
	return 1;
}

static bool other_mac(const struct crfs_net_link *c)
{
	const struct ifinfomsg m = { .ifi_index = c->link };
	uint8_t now[6] = { 0 };
	struct nl_request r;

	nl_begin(&r, RTM_GETLINK, 0, &m, sizeof(m));
	return nl_get(NETLINK_ROUTE, &r, take_mac, now) == 1 && memcmp(now, c->mac, 6);
}

/* A bridge follows its ports, in its MTU and address, until it is given others. */
static int set_link(const struct crfs_net_link *c, bool bridge)
{
	const struct ifinfomsg m = { .ifi_index = c->link, .ifi_flags = c->flags, .ifi_change = 0x1381 };
	struct nl_request r;

	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	if (mtu_now(c) != c->mtu)
		nl_attr(&r, IFLA_MTU, &c->mtu, 4);
	if (bridge && other_mac(c))
		nl_attr(&r, IFLA_ADDRESS, c->mac, 6);
	nl_attr(&r, IFLA_TXQLEN, &c->txqlen, 4);
	nl_attr(&r, IFLA_GROUP, &c->group, 4);
	return nl_ask(NETLINK_ROUTE, &r);
}

static int change_addr(int type, int flags, const struct crfs_net_linkaddr *a)
{
	const struct ifaddrmsg m = { .ifa_family = a->family, .ifa_prefixlen = a->prefix, .ifa_scope = a->scope,
				     .ifa_index = a->link };
	const uint32_t kept = (a->flags & ~0x20U) | (a->family == AF_INET6 ? IFA_F_NODAD : 0);
	const struct ifa_cacheinfo life = { .ifa_prefered = a->flags & 0x20 ? 0 : ~0U, .ifa_valid = ~0U };
	static const uint8_t none[4];
	size_t size = a->family == AF_INET ? 4 : 16;
	char label[16] = "";
	struct nl_request r;

	nl_begin(&r, type, flags, &m, sizeof(m));
	nl_attr(&r, IFA_LOCAL, a->addr, size);
	nl_attr(&r, IFA_ADDRESS, a->peer, size);
	if (type == RTM_NEWADDR) {
		nl_attr(&r, IFA_FLAGS, &kept, 4);
		nl_attr(&r, IFA_CACHEINFO, &life, sizeof(life));
		if (memcmp(a->broadcast, none, 4))
			nl_attr(&r, IFA_BROADCAST, a->broadcast, 4);
		if (a->metric)
			nl_attr(&r, IFA_RT_PRIORITY, &a->metric, 4);
		memcpy(label, a->label.p, a->label.len < 15 ? a->label.len : 15);
		if (*label)
			nl_attr(&r, IFA_LABEL, label, strlen(label) + 1);
	}
	return nl_ask(NETLINK_ROUTE, &r);
}

static bool among(const struct crfs_net_linkaddr *a, const struct crfs_net_linkaddr *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a->link == of[i].link && a->family == of[i].family && a->prefix == of[i].prefix &&
		    !memcmp(a->addr, of[i].addr, 16) && !memcmp(a->peer, of[i].peer, 16))
			return true;
	return false;
}

/* Those that the kernel has given by itself. */
static int take_away_others(const struct linkaddrs *is, const struct crfs_net_linkaddr *want, size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < is->nr && !rc; i++)
		if (!among(&is->v[i], want, n))
			rc = change_addr(RTM_DELADDR, 0, &is->v[i]);
	return rc;
}

/* The kernel lists the newest of IPv6 first, and the oldest of IPv4. */
static int set_addrs(const struct crfs_net_linkaddr *want, size_t n)
{
	struct linkaddrs is;
	size_t i;
	int rc = linkaddrs_read(&is) ?: take_away_others(&is, want, n);

	for (i = 0; i < n && !rc; i++)
		if (want[i].family == AF_INET)
			rc = change_addr(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &want[i]);
	for (i = n; i-- && !rc;)
		if (want[i].family == AF_INET6 && !among(&want[i], is.v, is.nr))
			rc = change_addr(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &want[i]);
	linkaddrs_free(&is);
	return rc;
}

int links_make(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);
	int rc = make_kinds(rs, o, false);

	for (i = 0; i < n && !rc; i++) {
		if (c[i].external.len)
			rc = make_outside(rs, o, &c[i]);
		else if (!link_kind(c[i].kind.p, c[i].kind.len))
			rc = make_inside(rs, o, &c[i]);
	}
	return rc;
}

int links_make_upper(struct restore *rs, struct iobj *o)
{
	return make_kinds(rs, o, true);
}

static bool is_bridge(const struct crfs_net_link *c)
{
	return crfs_str_is(&c->kind, "bridge");
}

static bool is_vrf(const struct crfs_net_link *c)
{
	return crfs_str_is(&c->kind, "vrf");
}

static int up(struct restore *rs, const struct iobj *o, const struct crfs_net_link *c)
{
	int rc;

	change_gen_mode(rs, c, '1');
	rc = set_link(c, is_bridge(c));
	if (!rc && c->master)
		rc = link_join(c);
	return rc ? fail_on(rs->err, rc, o->path, "setting link %.*s", (int)c->name.len, c->name.p) : 0;
}

/*
 * A link goes up, and has its MTU, by what it lies on; a bridge follows its ports. @todo: those that are not yet; that each
 * is taken off first ends what goes round in an image.
 */
static int up_behind(struct restore *rs, const struct iobj *o, const struct crfs_net_link *c, size_t n, size_t i, bool *todo)
{
	const struct link_kind *k = link_kind(c[i].kind.p, c[i].kind.len);
	size_t j;
	int rc = 0;

	todo[i] = false;
	for (j = 0; j < n && !rc; j++)
		if (todo[j] && (c[j].master == c[i].link || (link_lies_on(k, &c[i]) && c[j].link == c[i].peer)))
			rc = up_behind(rs, o, c, n, j, todo);
	return rc ?: up(rs, o, &c[i]);
}

int links_up(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);
	bool *todo = n ? malloc(n) : NULL;
	int rc = 0;

	if (n && !todo)
		return fail_on(rs->err, -ENOMEM, o->path, "setting links");
	for (i = 0; i < n; i++)
		todo[i] = true;
	for (i = 0; i < n && !rc; i++)
		if (todo[i])
			rc = up_behind(rs, o, c, n, i, todo);
	free(todo);
	return rc;
}

char link_gen_mode(struct restore *rs, const struct iobj *o, struct crfs_str name)
{
	size_t n, i;
	const struct crfs_net_sysctl *c = image_recs(o, &res_ns_net, 2, &n);
	char path[80], *usual, mode;

	snprintf(path, sizeof(path), "ipv6/conf/%.*s/addr_gen_mode", (int)name.len, name.p);
	for (i = 0; i < n; i++)
		if (crfs_str_is(&c[i].sysctl, path) && c[i].value.len)
			return *c[i].value.p;
	usual = proc_read(rs->proc, NULL, "sys/net/ipv6/conf/default/addr_gen_mode");
	mode = usual && *usual ? *usual : '0';
	free(usual);
	return mode;
}

int links_settle(struct restore *rs, struct iobj *o)
{
	size_t n, nr_addrs, i;
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);
	const struct crfs_net_linkaddr *a = image_recs(o, &res_ns_net, 4, &nr_addrs);
	struct linkaddrs is;
	int rc = 0;

	for (i = 0; i < 2 * n; i++)	/* ports, then their bridges and what lies on these */
		link_wait(&c[i % n]);
	for (i = 0; i < n && !rc; i++)
		rc = link_settle(&c[i]);
	for (i = 0; i < n; i++)
		change_gen_mode(rs, &c[i], link_gen_mode(rs, o, c[i].name));
	if (n && !rc) {
		rc = linkaddrs_read(&is) ?: take_away_others(&is, a, nr_addrs);
		linkaddrs_free(&is);
	}
	return rc ? fail_on(rs->err, rc, o->path, "links and their addresses") : 0;
}

int links_addrs(struct restore *rs, struct iobj *o)
{
	size_t n, nr_addrs;
	const struct crfs_net_linkaddr *a = image_recs(o, &res_ns_net, 4, &nr_addrs);
	int rc = image_recs(o, &res_ns_net, 3, &n) && n ? set_addrs(a, nr_addrs) : 0;

	return rc ? fail_on(rs->err, rc, o->path, "addresses of links") : links_settle(rs, o);
}

static const char *bad_kind(const struct image *im, const struct iobj *o, const struct crfs_net_link *c, size_t n,
			    size_t i)
{
	const struct link_kind *k = link_kind(c[i].kind.p, c[i].kind.len);
	const struct crfs_net_link *peer, *master = c[i].master ? by_link(c, n, c[i].master) : NULL;
	const struct iobj *in;

	if (link_attrs_bad(&c[i].attrs) || link_attrs_bad(&c[i].port))
		return "attributes that no link has";
	if (c[i].master && (!master || master == &c[i] || (!is_bridge(master) && (!is_vrf(master) || c[i].port.len))))
		return "its master is not there";
	if (k && (link_lies_on(k, &c[i]) ? c[i].peer != LO && !by_link(c, n, c[i].peer) : c[i].peer))
		return "what it lies on is not there";
	if (link_lies_on(k, &c[i]) && c[i].peer >= c[i].link)
		return "it lies on a link that was made behind it";
	if (k)
		return c[i].external.len || c[i].peer_ns ? "it has another end" : NULL;
	if (c[i].kind.len != 4 || memcmp(c[i].kind.p, "veth", 4))
		return "of no kind that can be made";
	peer = c[i].external.len ? NULL : peer_of(im, o, &c[i], &in);
	if (!c[i].external.len && (!peer || peer == &c[i] || peer->peer != c[i].link ||
				   peer->peer_ns != (in == o ? 0 : o->id) || (c[i].peer_ns && in == o)))
		return "its other end is not there";
	return NULL;
}

static void check_link(struct image *im, struct iobj *o, const struct crfs_net_link *c, size_t n, size_t i)
{
	const struct crfs_net_link *first = by_link(c, n, c[i].link);
	const char *thing, *why;

	if (c[i].link <= LO || c[i].link > 0x7fffffff || first != &c[i] || !c[i].name.len || c[i].name.len >= IFNAMSIZ ||
	    memchr(c[i].name.p, '/', c[i].name.len) || c[i].name.p[0] == '.')
		image_mismatch(im, -EINVAL, o->path, "link %u: no such number or name, or twice", c[i].link);
	why = bad_kind(im, o, c, n, i);
	if (why)
		image_mismatch(im, -EINVAL, o->path, "link %u: %s", c[i].link, why);
	if (!c[i].external.len)
		return;
	thing = external_thing(im->opts, &c[i].external);
	if (!thing || !crfs_external_link(thing, NULL))
		image_mismatch(im, -ENOENT, o->path, "link %.*s: external %.*s, the other end of it: say what takes its "
			       "place: mount with -o external=NAME=link:IFNAME", (int)c[i].name.len, c[i].name.p,
			       (int)c[i].external.len, c[i].external.p);
}

static bool family(uint32_t f, uint32_t prefix)
{
	return (f == AF_INET && prefix <= 32) || (f == AF_INET6 && prefix <= 128);
}

void links_check(struct image *im, struct iobj *o)
{
	size_t n, nr, i;
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);
	const struct crfs_net_linkaddr *a = image_recs(o, &res_ns_net, 4, &nr);
	const struct crfs_net_route *r;

	for (i = 0; i < n; i++)
		check_link(im, o, c, n, i);
	for (i = 0; i < nr; i++)
		if (!family(a[i].family, a[i].prefix) || a[i].scope > 255 || !by_link(c, n, a[i].link))
			image_mismatch(im, -EINVAL, o->path, "link address %zu: there is none like that", i);
	r = image_recs(o, &res_ns_net, 5, &nr);
	for (i = 0; i < nr; i++)
		if (!family(r[i].family, r[i].prefix) || r[i].scope > 255 || r[i].type > 255 || r[i].tos > 255 ||
		    r[i].protocol > 255 || route_attrs_bad(&r[i].attrs) || (r[i].link > LO && !by_link(c, n, r[i].link)))
			image_mismatch(im, -EINVAL, o->path, "route %zu: there is none like that", i);
}

bool link_has_external(const struct iobj *o, const char *name)
{
	size_t n, i, len = strlen(name);
	const struct crfs_net_link *c = image_recs(o, &res_ns_net, 3, &n);

	for (i = 0; i < n; i++)
		if (c[i].external.len == len && !memcmp(c[i].external.p, name, len))
			return true;
	return false;
}
