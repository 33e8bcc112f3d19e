// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of routing (ip rule), neighbours that somebody has set (ip neigh), nexthop objects (ip nexthop, 5.3), queueing
 * disciplines (tc qdisc), what somebody has told a bridge or a vxlan of who is behind it (bridge fdb, static), and other names
 * and descriptions of links, as rtnetlink(7) lists them: the header of each and its attributes, as the kernel tells and takes
 * them. What it tells and does not take is left out; what this crfs does not know is refused.
 *
 * Rules stand in the order in which they are asked, those of a new namespace among them, so that one that was taken away
 * stays away. The others have no order, and are sorted. What the kernel has learned of neighbours it learns again.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hex.h"
#include "net_entries.h"
#include "net_tc.h"
#include "netlink.h"

#define BIT(n) (1ULL << (n))
#define ALL (~0ULL)
#define RULE 0
#define NEIGHBOUR 1
#define PROXY 2
#define NEXTHOP 3
#define QDISC 4
#define STATION 5
#define ALIAS 6
#define ALTNAME 7
#define REMOTE 8
#define NDA_NH_ID_AT 13		/* the headers here may be older */
#define ATTRS_MAX 2048		/* what a request has room for */

/**
 * struct kind - @new, @del: of rtnetlink; @head: bytes of the header
 * @kept: attributes that make it what it is, as bits; @told: which others it has that are none of its own
 * @unordered: one may need another that stands behind it; @several: one comes beside another of the same address
 */
struct kind {
	const char *what;
	int new, del;
	size_t head;
	uint64_t kept, told;
	enum entries_step step;
	bool unordered, several;
};

static const struct kind kinds[] = {
	[RULE] = { "a rule of routing", RTM_NEWRULE, RTM_DELRULE, sizeof(struct fib_rule_hdr),
		BIT(FRA_DST) | BIT(FRA_SRC) | BIT(FRA_IIFNAME) | BIT(FRA_GOTO) | BIT(FRA_PRIORITY) | BIT(FRA_FWMARK) |
		BIT(FRA_FLOW) | BIT(FRA_TUN_ID) | BIT(FRA_SUPPRESS_IFGROUP) | BIT(FRA_SUPPRESS_PREFIXLEN) | BIT(FRA_TABLE) |
		BIT(FRA_FWMASK) | BIT(FRA_OIFNAME) | BIT(FRA_L3MDEV) | BIT(FRA_UID_RANGE) | BIT(FRA_PROTOCOL) |
		BIT(FRA_IP_PROTO) | BIT(FRA_SPORT_RANGE) | BIT(FRA_DPORT_RANGE) |
		/* DSCP, FLOWLABEL, FLOWLABEL_MASK (6.13), SPORT_MASK, DPORT_MASK, DSCP_MASK (6.15) */
		BIT(25) | BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30), BIT(FRA_PAD), ENTRIES_ROUTED, false },
	[NEIGHBOUR] = { "a neighbour", RTM_NEWNEIGH, RTM_DELNEIGH, sizeof(struct ndmsg),
		BIT(NDA_DST) | BIT(NDA_LLADDR) | BIT(NDA_PROTOCOL) | BIT(NDA_FLAGS_EXT), BIT(NDA_CACHEINFO) | BIT(NDA_PROBES),
		ENTRIES_ROUTED, false },
	[PROXY] = { "a neighbour", RTM_NEWNEIGH, RTM_DELNEIGH, sizeof(struct ndmsg),
		BIT(NDA_DST) | BIT(NDA_LLADDR) | BIT(NDA_PROTOCOL) | BIT(NDA_FLAGS_EXT), BIT(NDA_CACHEINFO) | BIT(NDA_PROBES),
		ENTRIES_ROUTED, false },
	/* NHA_OP_FLAGS (6.9): how it is told */
	[NEXTHOP] = { "a nexthop object", RTM_NEWNEXTHOP, RTM_DELNEXTHOP, sizeof(struct nhmsg),
		BIT(NHA_ID) | BIT(NHA_GROUP) | BIT(NHA_GROUP_TYPE) | BIT(NHA_BLACKHOLE) | BIT(NHA_OIF) | BIT(NHA_GATEWAY) |
		BIT(NHA_FDB), BIT(14), ENTRIES_UNROUTED, true },
	[QDISC] = { "a queueing discipline", RTM_NEWQDISC, RTM_DELQDISC, sizeof(struct tcmsg),
		BIT(TCA_KIND) | BIT(TCA_OPTIONS), BIT(TCA_STATS) | BIT(TCA_XSTATS) | BIT(TCA_STATS2) | BIT(TCA_HW_OFFLOAD),
		ENTRIES_LAST, true },
	/* NDA_FDB_EXT_ATTRS (5.8) */
	[STATION] = { "an entry of a bridge", RTM_NEWNEIGH, RTM_DELNEIGH, sizeof(struct ndmsg), BIT(NDA_LLADDR) | BIT(NDA_VLAN),
		BIT(NDA_MASTER) | BIT(NDA_CACHEINFO) | BIT(NDA_FLAGS_EXT) | BIT(14), ENTRIES_ROUTED, false },
	[ALIAS] = { "a link", RTM_SETLINK, RTM_SETLINK, sizeof(struct ifinfomsg), BIT(IFLA_IFALIAS), ALL, ENTRIES_ROUTED, false },
	[ALTNAME] = { "a link", RTM_NEWLINKPROP, RTM_DELLINKPROP, sizeof(struct ifinfomsg), BIT(IFLA_PROP_LIST), ALL,
		ENTRIES_ROUTED, false },
	[REMOTE] = { "an entry of a vxlan", RTM_NEWNEIGH, RTM_DELNEIGH, sizeof(struct ndmsg),
		BIT(NDA_DST) | BIT(NDA_LLADDR) | BIT(NDA_PORT) | BIT(NDA_VNI) | BIT(NDA_IFINDEX) | BIT(NDA_SRC_VNI) |
		BIT(NDA_NH_ID_AT), BIT(NDA_CACHEINFO) | BIT(NDA_FLAGS_EXT) | BIT(14), ENTRIES_ROUTED, false, true },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

void entries_free(struct entries *e)
{
	size_t i;

	for (i = 0; i < e->nr; i++)
		free((char *)e->v[i].attrs.p);
	free(e->v);
	*e = (struct entries){ 0 };
}

static void odd(struct entries *e, const char *what, const char *why)
{
	if (!*e->odd)
		snprintf(e->odd, sizeof(e->odd), "%s%s", what, why);
}

/* @head: of its message, cleaned of what changes by itself */
static int add(struct entries *e, uint32_t kind, const void *head, const struct nlmsghdr *h)
{
	const struct kind *k = &kinds[kind];
	const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(k->head));
	struct crfs_net_entry *more = realloc(e->v, (e->nr + 1) * sizeof(*more));
	int left = h->nlmsg_len - NLMSG_SPACE(k->head), type;
	char *text = malloc(2 * h->nlmsg_len + 2);
	size_t len;

	if (more)
		e->v = more;
	if (!more || !text) {
		free(text);
		return -ENOMEM;
	}
	len = hex_put(text, head, k->head);
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type < 64 && k->kept & BIT(type))
			len += hex_put(text + len, a, left < (int)RTA_ALIGN(a->rta_len) ? a->rta_len :
				       RTA_ALIGN(a->rta_len));
		else if (k->told != ALL && (type > 63 || !(k->told & BIT(type))))
			odd(e, k->what, " that this crfs does not know");
	}
	if (len > 2 * ATTRS_MAX)
		odd(e, k->what, " that is too long");
	more[e->nr++] = (struct crfs_net_entry){ .kind = kind, .family = *(const uint8_t *)head, .attrs = { text, len } };
	return 0;
}

static int add_rule(void *arg, const struct nlmsghdr *h)
{
	struct fib_rule_hdr head = *(struct fib_rule_hdr *)NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWRULE)
		return 0;
	head.flags &= FIB_RULE_PERMANENT | FIB_RULE_INVERT;	/* others say whether its interface is there */
	head.res1 = head.res2 = 0;
	return add(arg, RULE, &head, h);
}

static int add_neighbour(void *arg, const struct nlmsghdr *h)
{
	struct ndmsg head = *(struct ndmsg *)NLMSG_DATA(h);
	bool proxy = head.ndm_flags & NTF_PROXY;

	if (h->nlmsg_type != RTM_NEWNEIGH || (head.ndm_family != AF_INET && head.ndm_family != AF_INET6) ||
	    (!proxy && !(head.ndm_state & NUD_PERMANENT)))
		return 0;
	head.ndm_pad1 = head.ndm_pad2 = head.ndm_type = 0;
	return add(arg, proxy ? PROXY : NEIGHBOUR, &head, h);
}

static int add_nexthop(void *arg, const struct nlmsghdr *h)
{
	struct nhmsg head = *(struct nhmsg *)NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWNEXTHOP)
		return 0;
	head.nh_scope = 0;			/* found out anew */
	head.nh_flags &= RTNH_F_ONLINK;		/* others say whether its link is up */
	return add(arg, NEXTHOP, &head, h);
}

/* Those that somebody has set have a number. */
static int add_qdisc(void *arg, const struct nlmsghdr *h)
{
	struct tcmsg head = *(struct tcmsg *)NLMSG_DATA(h);
	struct entries *e = arg;
	char why[64];

	if (h->nlmsg_type != RTM_NEWQDISC || !head.tcm_handle)
		return 0;
	if (tc_odd(h, why, sizeof(why)))
		odd(e, "traffic control ", why);
	if (tc_may_lose(h))
		e->jitter = head.tcm_ifindex;
	head.tcm_info = 0;			/* how often it is referred to */
	return add(e, QDISC, &head, h);
}

/* In a bridge, by somebody (static); what it has learned, and what its ports are by themselves, it has again. */
static int add_station(void *arg, const struct nlmsghdr *h)
{
	struct ndmsg head = *(struct ndmsg *)NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWNEIGH || head.ndm_family != AF_BRIDGE || head.ndm_state != NUD_NOARP ||
	    !nl_find(h, sizeof(head), NDA_MASTER, 4))
		return 0;
	head.ndm_pad1 = head.ndm_pad2 = head.ndm_type = 0;
	head.ndm_flags = NTF_MASTER | (head.ndm_flags & NTF_STICKY);
	return add(arg, STATION, &head, h);
}

/* Where a vxlan sends what is for an address, told by somebody: those of all addresses lead to its remote ends. */
static int add_remote(void *arg, const struct nlmsghdr *h)
{
	struct ndmsg head = *(struct ndmsg *)NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWNEIGH || head.ndm_family != AF_BRIDGE || !(head.ndm_flags & NTF_SELF) ||
	    !(head.ndm_state & (NUD_PERMANENT | NUD_NOARP)) ||
	    !(nl_find(h, sizeof(head), NDA_DST, 4) || nl_find(h, sizeof(head), NDA_NH_ID_AT, 4)))
		return 0;
	head.ndm_pad1 = head.ndm_pad2 = head.ndm_type = 0;
	return add(arg, REMOTE, &head, h);
}

static int add_behind(void *arg, const struct nlmsghdr *h)
{
	return add_station(arg, h) ?: add_remote(arg, h);
}

static int add_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h), head = { .ifi_index = m->ifi_index };
	int rc = 0;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nl_find(h, sizeof(*m), IFLA_IFALIAS, 1))
		rc = add(arg, ALIAS, &head, h);
	return !rc && nl_find(h, sizeof(*m), IFLA_PROP_LIST, 4) ? add(arg, ALTNAME, &head, h) : rc;
}

static int order(const void *a, const void *b)
{
	const struct crfs_net_entry *x = a, *y = b;
	uint32_t n = x->attrs.len < y->attrs.len ? x->attrs.len : y->attrs.len;
	int c = (x->kind > y->kind) - (x->kind < y->kind);

	c = c ?: memcmp(x->attrs.p, y->attrs.p, n);
	return c ?: (x->attrs.len > y->attrs.len) - (x->attrs.len < y->attrs.len);
}

/* A kernel may be without them. */
static int list(struct entries *e, int type, const void *head, size_t size, int (*each)(void *arg, const struct nlmsghdr *h))
{
	struct nl_request r;
	int rc;

	nl_begin(&r, type, 0, head, size);
	rc = nl_list(NETLINK_ROUTE, &r, each, e);
	return rc == -ENOMEM || rc == -EPERM ? rc : 0;
}

int entries_read(struct entries *e)
{
	const struct nhmsg nexthop = { .nh_family = AF_UNSPEC };
	const struct tcmsg qdisc = { .tcm_family = AF_UNSPEC };
	const struct fib_rule_hdr rule = { .family = AF_INET }, rule6 = { .family = AF_INET6 };
	const struct ndmsg station = { .ndm_family = AF_BRIDGE };
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	const struct ndmsg near = { .ndm_family = AF_UNSPEC }, proxy = { .ndm_flags = NTF_PROXY };
	size_t rules;
	int rc;

	*e = (struct entries){ 0 };
	rc = list(e, RTM_GETRULE, &rule, sizeof(rule), add_rule) ?: list(e, RTM_GETRULE, &rule6, sizeof(rule6), add_rule);
	rules = e->nr;
	rc = rc ?: list(e, RTM_GETNEIGH, &near, sizeof(near), add_neighbour);
	rc = rc ?: list(e, RTM_GETNEIGH, &proxy, sizeof(proxy), add_neighbour);
	rc = rc ?: list(e, RTM_GETNEXTHOP, &nexthop, sizeof(nexthop), add_nexthop);
	rc = rc ?: list(e, RTM_GETQDISC, &qdisc, sizeof(qdisc), add_qdisc);
	rc = rc ?: list(e, RTM_GETNEIGH, &station, sizeof(station), add_behind);
	rc = rc ?: list(e, RTM_GETLINK, &link, sizeof(link), add_link);
	if (e->nr > rules)
		qsort(e->v + rules, e->nr - rules, sizeof(*e->v), order);
	return rc;
}

static int change(const struct crfs_net_entry *c, bool new)
{
	const struct kind *k = &kinds[c->kind];
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	const size_t n = hex_get(bytes, &c->attrs);
	struct nl_request r;

	if (c->kind == QDISC && new)
		tc_as_taken(bytes + k->head, n - k->head);
	nl_begin(&r, new ? k->new : k->del, !new ? 0 : NLM_F_CREATE | (k->several ? NLM_F_APPEND : NLM_F_EXCL), bytes, k->head);
	nl_append(&r, bytes + k->head, n - k->head);
	return nl_ask(NETLINK_ROUTE, &r);
}

static bool among(const struct crfs_net_entry *c, const struct crfs_net_entry *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!order(c, &of[i]))
			return true;
	return false;
}

/* Once more as long as some that need others have found these. */
static int add_missing(const struct crfs_net_entry *want, size_t n, enum entries_step step, const struct entries *is,
		       bool *done, size_t *bad)
{
	bool again = true;
	size_t i;
	int rc = 0, last = 0;

	while (again && !rc) {
		for (i = 0, last = 0, again = false; i < n && !rc; i++) {
			if (done[i] || kinds[want[i].kind].step != step || among(&want[i], is->v, is->nr))
				continue;
			rc = change(&want[i], true);
			done[i] = !rc;
			if (rc)
				*bad = i;
			if (rc && kinds[want[i].kind].unordered) {
				last = rc;
				rc = 0;
			} else {
				again |= kinds[want[i].kind].unordered;
			}
		}
		again = again && last;
	}
	return rc ?: last;
}

int entries_put(const struct crfs_net_entry *want, size_t n, enum entries_step step, size_t *bad)
{
	bool *done = calloc(n + 1, sizeof(*done));
	struct entries is;
	size_t i;
	int rc = done ? entries_read(&is) : -ENOMEM;

	*bad = n;
	if (!done)
		return rc;
	for (i = 0; i < is.nr && !rc; i++)
		if (kinds[is.v[i].kind].step == step && !among(&is.v[i], want, n))
			rc = change(&is.v[i], false);
	rc = rc ?: add_missing(want, n, step, &is, done, bad);
	entries_free(&is);
	free(done);
	return rc;
}

bool entries_any(const struct crfs_net_entry *v, size_t n, enum entries_step step)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (kinds[v[i].kind].step == step)
			return true;
	return false;
}

static bool bad(const struct crfs_net_entry *c)
{
	return c->kind >= KINDS || (c->family != AF_INET && c->family != AF_INET6 && c->kind < NEXTHOP) || c->family > 255 ||
	       c->attrs.len < 2 * kinds[c->kind].head || hex_bad(&c->attrs, 4, ATTRS_MAX);
}

size_t entries_bad(const struct crfs_net_entry *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (bad(&v[i]))
			return i;
	return n;
}
