// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routes of a network namespace, as rtnetlink(7) lists them, of all tables but the local one.
 *
 * Those that the kernel has made by itself travel, too: it makes them again when an address is set, and then what
 * nobody wants is taken away, and what is missing is added. So one that was deleted or changed stays so.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net_links.h"
#include "netlink.h"

#define PASSES 4	/* a route may lead over another */

static const char *odd_metrics(const void *metrics, struct crfs_net_route *c)
{
	const uint32_t *mtu = nl_in(metrics, RTAX_MTU, 4);
	int i;

	for (i = 1; i <= RTAX_MAX; i++)
		if (i != RTAX_MTU && nl_in(metrics, i, 0))
			return "a route with metrics other than its mtu";
	if (mtu)
		memcpy(&c->mtu, mtu, sizeof(*mtu));
	return NULL;
}

/* What there is of @h that has no place in a row; or NULL */
static const char *odd_parts(const struct nlmsghdr *h)
{
	static const struct { int attr; const char *what; } odd[] = {
		{ RTA_MULTIPATH, "a route of several paths" },
		{ RTA_VIA, "a route through a gateway of another family" },
		{ RTA_FLOW, "a route with a realm" },
		{ RTA_NH_ID, "a route to a nexthop object" },
		{ RTA_ENCAP_TYPE, "a route that encapsulates" },
		{ RTA_SRC, "a route by source" },
	};
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (nl_find(h, sizeof(struct rtmsg), odd[i].attr, 0))
			return odd[i].what;
	return NULL;
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
	const void *metrics = nl_find(h, sizeof(*m), RTA_METRICS, 0);
	const struct rta_cacheinfo *life = nl_find(h, sizeof(*m), RTA_CACHEINFO, sizeof(*life));
	const uint8_t *pref = nl_find(h, sizeof(*m), RTA_PREF, 1);
	struct crfs_net_route c = {
		.family = m->rtm_family, .prefix = m->rtm_dst_len, .protocol = m->rtm_protocol, .scope = m->rtm_scope,
		.type = m->rtm_type, .tos = m->rtm_tos, .onlink = !!(m->rtm_flags & RTNH_F_ONLINK),
		.link = nl_u32(h, sizeof(*m), RTA_OIF, 0), .metric = nl_u32(h, sizeof(*m), RTA_PRIORITY, 0),
		.table = nl_u32(h, sizeof(*m), RTA_TABLE, m->rtm_table),
	}, *more;
	struct routes *r = arg;

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_flags & RTM_F_CLONED || c.table == RT_TABLE_LOCAL ||
	    (m->rtm_family != AF_INET && m->rtm_family != AF_INET6))
		return 0;
	if (life && life->rta_expires) {
		r->gone++;
		return 0;
	}
	if (!r->odd)
		r->odd = odd_parts(h) ?: metrics ? odd_metrics(metrics, &c) : NULL;
	if (!r->odd && pref && *pref)
		r->odd = "a route with a preference";
	copy(h, RTA_DST, c.dst, size);
	copy(h, RTA_GATEWAY, c.gateway, size);
	copy(h, RTA_PREFSRC, c.source, size);
	more = realloc(r->v, (r->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	r->v = more;
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
	return nl_ask(NETLINK_ROUTE, &r);
}

static bool among(const struct crfs_net_route *c, const struct crfs_net_route *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!memcmp(c, &of[i], sizeof(*c)))
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
	free(is.v);
	free(done);
	return rc;
}
