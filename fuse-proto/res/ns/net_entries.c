// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of routing (ip rule) and neighbours that somebody has set (ip neigh), as rtnetlink(7) lists them.
 *
 * Rules stand in the order in which they are asked, those of a new namespace among them, so that one that was taken away
 * stays away. Neighbours have no order, and are sorted. What the kernel has learned of neighbours it learns again.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net_entries.h"
#include "netlink.h"

#define BIT(n) (1ULL << (n))
#define RULE 0
#define NEIGHBOUR 1
#define PROXY 2
#define ATTRS_MAX 400		/* what a request has room for */
#define HEAD 12			/* of both: struct fib_rule_hdr, struct ndmsg */

_Static_assert(sizeof(struct fib_rule_hdr) == HEAD && sizeof(struct ndmsg) == HEAD, "headers");

static const uint64_t rule_attrs =
	BIT(FRA_DST) | BIT(FRA_SRC) | BIT(FRA_IIFNAME) | BIT(FRA_GOTO) | BIT(FRA_PRIORITY) | BIT(FRA_FWMARK) |
	BIT(FRA_FLOW) | BIT(FRA_TUN_ID) | BIT(FRA_SUPPRESS_IFGROUP) | BIT(FRA_SUPPRESS_PREFIXLEN) | BIT(FRA_TABLE) |
	BIT(FRA_FWMASK) | BIT(FRA_OIFNAME) | BIT(FRA_L3MDEV) | BIT(FRA_UID_RANGE) | BIT(FRA_PROTOCOL) |
	BIT(FRA_IP_PROTO) | BIT(FRA_SPORT_RANGE) | BIT(FRA_DPORT_RANGE) |
	/* DSCP, FLOWLABEL, FLOWLABEL_MASK (6.13), SPORT_MASK, DPORT_MASK, DSCP_MASK (6.15) */
	BIT(25) | BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30);
static const uint64_t neigh_attrs = BIT(NDA_DST) | BIT(NDA_LLADDR) | BIT(NDA_PROTOCOL) | BIT(NDA_FLAGS_EXT);
/* What is told of them, and is none of theirs */
static const uint64_t rule_told = BIT(FRA_PAD), neigh_told = BIT(NDA_CACHEINFO) | BIT(NDA_PROBES);

void entries_free(struct entries *e)
{
	size_t i;

	for (i = 0; i < e->nr; i++)
		free((char *)e->v[i].attrs.p);
	free(e->v);
	*e = (struct entries){ 0 };
}

static size_t put_hex(char *to, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		to[2 * i] = digits[((const uint8_t *)p)[i] >> 4];
		to[2 * i + 1] = digits[((const uint8_t *)p)[i] & 15];
	}
	return 2 * n;
}

/* @head: of its message, cleaned of what changes by itself */
static int add(struct entries *e, uint32_t kind, const void *head, const struct nlmsghdr *h)
{
	const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(HEAD));
	const uint64_t kept = kind == RULE ? rule_attrs : neigh_attrs, told = kind == RULE ? rule_told : neigh_told;
	struct crfs_net_entry *more = realloc(e->v, (e->nr + 1) * sizeof(*more));
	int left = h->nlmsg_len - NLMSG_SPACE(HEAD), type;
	char *text = malloc(2 * h->nlmsg_len + 2);
	size_t len;

	if (more)
		e->v = more;
	if (!more || !text) {
		free(text);
		return -ENOMEM;
	}
	len = put_hex(text, head, HEAD);
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type < 64 && kept & BIT(type))
			len += put_hex(text + len, a, left < (int)RTA_ALIGN(a->rta_len) ? a->rta_len :
				       RTA_ALIGN(a->rta_len));
		else if (type > 63 || !(told & BIT(type)))
			e->odd = kind == RULE ? "a rule of routing that this crfs does not know" :
						"a neighbour that this crfs does not know";
	}
	if (len > 2 * ATTRS_MAX)
		e->odd = "a rule or neighbour that is too long";
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

static int order(const void *a, const void *b)
{
	const struct crfs_net_entry *x = a, *y = b;
	uint32_t n = x->attrs.len < y->attrs.len ? x->attrs.len : y->attrs.len;
	int c = (x->kind > y->kind) - (x->kind < y->kind);

	c = c ?: memcmp(x->attrs.p, y->attrs.p, n);
	return c ?: (x->attrs.len > y->attrs.len) - (x->attrs.len < y->attrs.len);
}

int entries_read(struct entries *e)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct nl_request r;
	size_t i, rules;
	int rc = 0;

	*e = (struct entries){ 0 };
	for (i = 0; i < 2 && !rc; i++) {
		const struct fib_rule_hdr rule = { .family = families[i] };

		nl_begin(&r, RTM_GETRULE, 0, &rule, sizeof(rule));
		rc = nl_list(NETLINK_ROUTE, &r, add_rule, e);
		rc = rc == -ENOMEM ? rc : 0;	/* a kernel may be without them */
	}
	rules = e->nr;
	for (i = 0; i < 2 && !rc; i++) {
		const struct ndmsg of = { .ndm_family = AF_UNSPEC, .ndm_flags = i ? NTF_PROXY : 0 };

		nl_begin(&r, RTM_GETNEIGH, 0, &of, sizeof(of));
		rc = nl_list(NETLINK_ROUTE, &r, add_neighbour, e);
	}
	if (e->nr > rules)
		qsort(e->v + rules, e->nr - rules, sizeof(*e->v), order);
	return rc;
}

static unsigned int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* @type: RTM_NEW* or RTM_DEL* of what it is */
static int change(const struct crfs_net_entry *c, bool new)
{
	static const int types[2][2] = { { RTM_DELRULE, RTM_NEWRULE }, { RTM_DELNEIGH, RTM_NEWNEIGH } };
	const char *p = c->attrs.p;
	uint8_t bytes[ATTRS_MAX];
	struct nl_request r;
	size_t i;

	for (i = 0; i < c->attrs.len / 2; i++)
		bytes[i] = nibble(p[2 * i]) << 4 | nibble(p[2 * i + 1]);
	nl_begin(&r, types[c->kind != RULE][new], new ? NLM_F_CREATE | NLM_F_EXCL : 0, bytes, HEAD);
	nl_append(&r, bytes + HEAD, i - HEAD);
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

int entries_put(const struct crfs_net_entry *want, size_t n, size_t *bad)
{
	struct entries is;
	size_t i;
	int rc = entries_read(&is);

	*bad = n;
	for (i = 0; i < is.nr && !rc; i++)
		if (!among(&is.v[i], want, n))
			rc = change(&is.v[i], false);
	for (i = 0; i < n && !rc; i++)
		if (!among(&want[i], is.v, is.nr)) {
			rc = change(&want[i], true);
			*bad = rc ? i : n;
		}
	entries_free(&is);
	return rc;
}

size_t entries_bad(const struct crfs_net_entry *v, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		if (v[i].kind > PROXY || (v[i].family != AF_INET && v[i].family != AF_INET6) || v[i].attrs.len % 8 ||
		    v[i].attrs.len < 2 * HEAD || v[i].attrs.len > 2 * ATTRS_MAX)
			return i;
		for (k = 0; k < v[i].attrs.len; k++)
			if (!(v[i].attrs.p[k] >= '0' && v[i].attrs.p[k] <= '9') &&
			    !(v[i].attrs.p[k] >= 'a' && v[i].attrs.p[k] <= 'f'))
				return i;
	}
	return n;
}
