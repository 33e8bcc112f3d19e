// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes of a network namespace, as rtnetlink(7) lists them; of the local table those that the kernel has not made: the
 * others come with the addresses. What only few have (several paths, a nexthop object, metrics) stands as the attributes
 * that the kernel tells and takes.
 *
 * Those that the kernel has made by itself travel, too: it makes them again when an address is set, and then what
 * nobody wants is taken away, and what is missing is added. So one that was deleted or changed stays so.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hex.h"
#include "net_links.h"
#include "netlink.h"

#define PASSES 4	/* a route may lead over another */
#define ROUTE_ATTRS_MAX 2048	/* what a request has room for */

#define BIT(n) (1ULL << (n))

/* In columns, or of those that are seen from what else there is */
static const uint64_t route_told =
	BIT(RTA_DST) | BIT(RTA_OIF) | BIT(RTA_GATEWAY) | BIT(RTA_PRIORITY) | BIT(RTA_PREFSRC) | BIT(RTA_CACHEINFO) |
	BIT(RTA_TABLE) | BIT(RTA_EXPIRES) | BIT(RTA_PAD);
static const uint64_t route_kept =
	BIT(RTA_METRICS) | BIT(RTA_MULTIPATH) | BIT(RTA_FLOW) | BIT(RTA_VIA) | BIT(RTA_PREF) | BIT(RTA_NH_ID);

void routes_free(struct routes *r)
{
	size_t i;

	for (i = 0; i < r->nr; i++)
		free((char *)r->v[i].attrs.p);
	free(r->v);
	*r = (struct routes){ 0 };
}

/* Only its mtu: that has a column. */
static bool plain_metrics(const struct rtattr *a, struct crfs_net_route *c)
{
	const uint32_t *mtu = nl_in(RTA_DATA(a), RTAX_MTU, 4);
	int i;

	for (i = 1; i <= RTAX_MAX; i++)
		if (i != RTAX_MTU && nl_in(RTA_DATA(a), i, 0))
			return false;
	if (mtu)
		memcpy(&c->mtu, mtu, sizeof(*mtu));
	return true;
}

/* Of each path @a has flags that say whether its link is up; and what encapsulates is not known. */
static const char *clean_paths(struct rtattr *a)
{
	struct rtnexthop *n = RTA_DATA(a);
	int left = RTA_PAYLOAD(a), in;
	const struct rtattr *x;

	for (; left >= (int)sizeof(*n) && RTNH_OK(n, left); n = RTNH_NEXT(n)) {
		n->rtnh_flags &= RTNH_F_ONLINK;
		in = n->rtnh_len - sizeof(*n);
		for (x = RTNH_DATA(n); RTA_OK(x, in); x = RTA_NEXT(x, in))
			if (x->rta_type != RTA_GATEWAY && x->rta_type != RTA_VIA && x->rta_type != RTA_FLOW)
				return "a route of several paths, one of which encapsulates";
		left -= RTNH_ALIGN(n->rtnh_len);
	}
	return NULL;
}

/* What the kernel tells of a route through a nexthop object of what that one is, it does not take. */
static void take_object(struct crfs_net_route *c)
{
	memset(c->gateway, 0, sizeof(c->gateway));
	c->link = 0;
	c->onlink = 0;
}

/* What there is of @h that has no column, as @c->attrs, malloc'ed. Return: what cannot be carried of it, or NULL */
static const char *take_attrs(const struct nlmsghdr *h, struct crfs_net_route *c)
{
	const bool object = nl_find(h, sizeof(struct rtmsg), RTA_NH_ID, 4);
	int left = h->nlmsg_len - NLMSG_SPACE(sizeof(struct rtmsg)), type;
	struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct rtmsg)));
	char *text = malloc(2 * h->nlmsg_len + 2);
	const char *odd = NULL;
	uint32_t len = 0;

	for (; text && RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type < 64 && route_told & BIT(type))
			continue;
		if (type > 63 || !(route_kept & BIT(type)))
			odd = type == RTA_ENCAP || type == RTA_ENCAP_TYPE ? "a route that encapsulates" :
			      type == RTA_SRC ? "a route by source" : "a route that this crfs does not know";
		if ((type == RTA_METRICS && plain_metrics(a, c)) || (type == RTA_PREF && !*(uint8_t *)RTA_DATA(a)) ||
		    (object && (type == RTA_MULTIPATH || type == RTA_VIA)))
			continue;
		if (type == RTA_MULTIPATH)
			odd = clean_paths(a) ?: odd;
		len += hex_put(text + len, a, left < (int)RTA_ALIGN(a->rta_len) ? a->rta_len : RTA_ALIGN(a->rta_len));
	}
	if (object)
		take_object(c);
	if (len > 2 * ROUTE_ATTRS_MAX)
		odd = "a route with too many paths";
	c->attrs = (struct crfs_str){ text, len };
	return odd;
}

static void copy(const struct nlmsghdr *h, int attr, uint8_t to[16], size_t size)
{
	const void *p = nl_find(h, sizeof(struct rtmsg), attr, size);

	if (p)
		memcpy(to, p, size);
}

/* Every link has one to fe80::/64. In which order, depends on which was up first, and means nothing. */
static void sort_in(struct crfs_net_route *v, size_t i)
{
	static const uint8_t local[16] = { 0xfe, 0x80 };
	struct crfs_net_route c = v[i];

	for (; i && c.family == AF_INET6 && !memcmp(c.dst, local, 16) && v[i - 1].family == AF_INET6 &&
	       !memcmp(v[i - 1].dst, local, 16) && v[i - 1].table == c.table && v[i - 1].prefix == c.prefix &&
	       v[i - 1].metric == c.metric && v[i - 1].link > c.link; i--)
		v[i] = v[i - 1];
	v[i] = c;
}

static int add_route(void *arg, const struct nlmsghdr *h)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	size_t size = m->rtm_family == AF_INET ? 4 : 16;
	const struct rta_cacheinfo *life = nl_find(h, sizeof(*m), RTA_CACHEINFO, sizeof(*life));
	struct crfs_net_route c = {
		.family = m->rtm_family, .prefix = m->rtm_dst_len, .protocol = m->rtm_protocol, .scope = m->rtm_scope,
		.type = m->rtm_type, .tos = m->rtm_tos, .onlink = !!(m->rtm_flags & RTNH_F_ONLINK),
		.link = nl_u32(h, sizeof(*m), RTA_OIF, 0), .metric = nl_u32(h, sizeof(*m), RTA_PRIORITY, 0),
		.table = nl_u32(h, sizeof(*m), RTA_TABLE, m->rtm_table),
	}, *more;
	struct routes *r = arg;
	const char *odd;

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_flags & RTM_F_CLONED ||
	    (c.table == RT_TABLE_LOCAL && c.protocol == RTPROT_KERNEL) ||
	    (m->rtm_family != AF_INET && m->rtm_family != AF_INET6))
		return 0;
	if (life && life->rta_expires) {
		r->gone++;
		return 0;
	}
	copy(h, RTA_DST, c.dst, size);
	copy(h, RTA_GATEWAY, c.gateway, size);
	copy(h, RTA_PREFSRC, c.source, size);
	odd = take_attrs(h, &c);
	r->odd = r->odd ?: odd;
	more = realloc(r->v, (r->nr + 1) * sizeof(*more));
	if (more)
		r->v = more;
	if (!more || !c.attrs.p) {
		free((char *)c.attrs.p);
		return -ENOMEM;
	}
	more[r->nr] = c;
	sort_in(more, r->nr++);
	return 0;
}

int routes_read(struct routes *r)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct nl_request q;
	size_t i;
	int rc = 0;

	*r = (struct routes){ 0 };
	for (i = 0; i < 2 && !rc; i++) {
		const struct rtmsg all = { .rtm_family = families[i] };

		nl_begin(&q, RTM_GETROUTE, 0, &all, sizeof(all));
		rc = nl_list(NETLINK_ROUTE, &q, add_route, r);
	}
	return rc;
}

static bool any(const uint8_t addr[16])
{
	static const uint8_t none[16];

	return memcmp(addr, none, sizeof(none));
}

static int change(int type, int flags, const struct crfs_net_route *c)
{
	size_t size = c->family == AF_INET ? 4 : 16;
	const struct rtmsg m = {
		.rtm_family = c->family, .rtm_dst_len = c->prefix, .rtm_tos = c->tos,
		.rtm_table = c->table < 256 ? c->table : RT_TABLE_UNSPEC, .rtm_protocol = c->protocol,
		.rtm_scope = c->scope, .rtm_type = c->type, .rtm_flags = c->onlink ? RTNH_F_ONLINK : 0,
	};
	uint8_t bytes[ROUTE_ATTRS_MAX];
	struct nl_request r;
	struct rtattr *nest;

	nl_begin(&r, type, flags, &m, sizeof(m));
	nl_attr(&r, RTA_TABLE, &c->table, 4);
	if (c->prefix)
		nl_attr(&r, RTA_DST, c->dst, size);
	if (any(c->gateway))
		nl_attr(&r, RTA_GATEWAY, c->gateway, size);
	if (c->link)
		nl_attr(&r, RTA_OIF, &c->link, 4);
	if (c->metric)
		nl_attr(&r, RTA_PRIORITY, &c->metric, 4);
	if (any(c->source))
		nl_attr(&r, RTA_PREFSRC, c->source, size);
	if (c->mtu) {
		nest = nl_nest(&r, RTA_METRICS);
		nl_attr(&r, RTAX_MTU, &c->mtu, 4);
		nl_nest_end(&r, nest);
	}
	nl_append(&r, bytes, hex_get(bytes, &c->attrs));
	return nl_ask(NETLINK_ROUTE, &r);
}

static bool among(const struct crfs_net_route *c, const struct crfs_net_route *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!memcmp(c, &of[i], offsetof(struct crfs_net_route, mtu) + sizeof(c->mtu)) && c->attrs.len == of[i].attrs.len &&
		    (!c->attrs.len || !memcmp(c->attrs.p, of[i].attrs.p, c->attrs.len)))
			return true;
	return false;
}

static int add_missing(const struct crfs_net_route *want, size_t n, const struct routes *is, bool *done)
{
	size_t i;
	int rc = 0, last = 0, pass;

	for (pass = 0; pass < PASSES && (!pass || last); pass++) {
		for (i = 0, last = 0; i < n; i++) {
			if (done[i] || among(&want[i], is->v, is->nr))
				continue;
			rc = change(RTM_NEWROUTE, NLM_F_CREATE | (want[i].family == AF_INET6 ? NLM_F_APPEND : NLM_F_EXCL),
				    &want[i]);
			done[i] = !rc || rc == -EEXIST;
			last = done[i] ? last : rc;
		}
	}
	return last;
}

int routes_put(const struct crfs_net_route *want, size_t n)
{
	bool *done = calloc(n + 1, sizeof(*done));
	struct routes is;
	size_t i;
	int rc = done ? routes_read(&is) : -ENOMEM;

	if (!done)
		return rc;
	for (i = 0; i < is.nr && !rc; i++)
		if (!among(&is.v[i], want, n))
			rc = change(RTM_DELROUTE, 0, &is.v[i]);
	if (!rc)
		rc = add_missing(want, n, &is, done);
	routes_free(&is);
	free(done);
	return rc;
}

bool route_attrs_bad(const struct crfs_str *a)
{
	return hex_bad(a, 4, ROUTE_ATTRS_MAX);
}
