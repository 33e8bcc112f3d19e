// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that netfilter follows (nf_conntrack), as nfnetlink(7) lists them: without them a rule for what is
 * established would not know them, and whose addresses are translated (NAT) would be answered by somebody else.
 *
 * The translation is not told as such, but by where answers are expected: it is asked for again with just these
 * addresses. What the kernel knows of windows it takes from the next segment. Lost: packets counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hex.h"
#include "net_conns.h"
#include "netlink.h"

#define BIT(n) (1ULL << (n))
#define KEPT (BIT(CTA_TUPLE_ORIG) | BIT(CTA_TUPLE_REPLY) | BIT(CTA_STATUS) | BIT(CTA_PROTOINFO) | BIT(CTA_MARK) | \
	      BIT(CTA_SEQ_ADJ_ORIG) | BIT(CTA_SEQ_ADJ_REPLY) | BIT(CTA_ZONE) | BIT(CTA_LABELS) | BIT(CTA_SYNPROXY))
#define TOLD (BIT(CTA_TIMEOUT) | BIT(CTA_COUNTERS_ORIG) | BIT(CTA_COUNTERS_REPLY) | BIT(CTA_USE) | BIT(CTA_ID) | \
	      BIT(CTA_SECMARK) | BIT(CTA_SECCTX) | BIT(CTA_TIMESTAMP))
#define ATTRS_MAX 300		/* a request has room for 512, and the translation comes on top */

void conns_free(struct conns *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		free((char *)c->v[i].attrs.p);
	free(c->v);
	*c = (struct conns){ 0 };
}

/* What a connection that netlink has made always has, and others if they need it (CTA_SYNPROXY) */
static bool is_empty(const struct rtattr *a)
{
	const struct rtattr *p = RTA_DATA(a);
	int left = RTA_PAYLOAD(a);
	static const uint8_t zero[4];

	for (; RTA_OK(p, left); p = RTA_NEXT(p, left))
		if (RTA_PAYLOAD(p) != sizeof(zero) || memcmp(RTA_DATA(p), zero, sizeof(zero)))
			return false;
	return true;
}

static int add(void *arg, const struct nlmsghdr *h)
{
	const struct nfgenmsg *g = NLMSG_DATA(h);
	const struct rtattr *a = (const void *)((const char *)g + NLMSG_ALIGN(sizeof(*g)));
	int left = h->nlmsg_len - NLMSG_SPACE(sizeof(*g)), type;
	struct crfs_net_conn *more;
	struct conns *c = arg;
	size_t len = 0;
	char *text;

	if (h->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
		return 0;
	more = realloc(c->v, (c->nr + 1) * sizeof(*more));
	text = malloc(2 * h->nlmsg_len + 2);
	c->v = more ?: c->v;
	if (!more || !text) {
		free(text);
		return -ENOMEM;
	}
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type == CTA_SYNPROXY && is_empty(a))
			continue;
		if (type < 64 && KEPT & BIT(type))
			len += hex_put(text + len, a, left < (int)RTA_ALIGN(a->rta_len) ? a->rta_len :
				       RTA_ALIGN(a->rta_len));
		else if (type == CTA_HELP || type == CTA_TUPLE_MASTER)
			c->odd = "a connection with a helper (nf_conntrack), or that belongs to another";
		else if (type > 63 || !(TOLD & BIT(type)))
			c->odd = "a connection that netfilter follows, with what this crfs does not know";
	}
	if (len > 2 * ATTRS_MAX)
		c->odd = "a connection that netfilter follows, with more than can be told";
	more[c->nr++] = (struct crfs_net_conn){ .family = g->nfgen_family, .attrs = { text, len },
		.expires_s = ntohl(nl_u32(h, sizeof(*g), CTA_TIMEOUT, 0)) };
	return 0;
}

static int order(const void *a, const void *b)
{
	const struct crfs_net_conn *x = a, *y = b;
	uint32_t n = x->attrs.len < y->attrs.len ? x->attrs.len : y->attrs.len;
	int c = (x->family > y->family) - (x->family < y->family);

	c = c ?: memcmp(x->attrs.p, y->attrs.p, n);
	return c ?: (x->attrs.len > y->attrs.len) - (x->attrs.len < y->attrs.len);
}

int conns_read(struct conns *c)
{
	const struct nfgenmsg g = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	struct nl_request r;
	int rc;

	*c = (struct conns){ 0 };
	nl_begin(&r, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, 0, &g, sizeof(g));
	rc = nl_list(NETLINK_NETFILTER, &r, add, c);
	if (c->nr)
		qsort(c->v, c->nr, sizeof(*c->v), order);
	return rc == -ENOMEM || rc == -EPERM ? rc : 0;	/* a kernel may follow none */
}

static const struct rtattr *find(const void *p, size_t len, int type)
{
	const struct rtattr *a = p;
	int left = len;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static const struct rtattr *in(const struct rtattr *nest, int type)
{
	return nest ? find(RTA_DATA(nest), RTA_PAYLOAD(nest), type) : NULL;
}

static void copy_as(struct nl_request *r, int type, const struct rtattr *from)
{
	if (from)
		nl_attr(r, type, RTA_DATA(from), RTA_PAYLOAD(from));
}

static struct rtattr *nest(struct nl_request *r, int type)
{
	return nl_nest(r, type | NLA_F_NESTED);
}

/* Where answers to @orig come from and go to, if nothing is translated */
static void put_reply(struct nl_request *r, const struct rtattr *orig)
{
	const struct rtattr *ip = in(orig, CTA_TUPLE_IP), *proto = in(orig, CTA_TUPLE_PROTO);
	struct rtattr *reply = nest(r, CTA_TUPLE_REPLY), *n = nest(r, CTA_TUPLE_IP);

	copy_as(r, CTA_IP_V4_DST, in(ip, CTA_IP_V4_SRC));
	copy_as(r, CTA_IP_V4_SRC, in(ip, CTA_IP_V4_DST));
	copy_as(r, CTA_IP_V6_DST, in(ip, CTA_IP_V6_SRC));
	copy_as(r, CTA_IP_V6_SRC, in(ip, CTA_IP_V6_DST));
	nl_nest_end(r, n);
	n = nest(r, CTA_TUPLE_PROTO);
	copy_as(r, CTA_PROTO_NUM, in(proto, CTA_PROTO_NUM));
	copy_as(r, CTA_PROTO_DST_PORT, in(proto, CTA_PROTO_SRC_PORT));
	copy_as(r, CTA_PROTO_SRC_PORT, in(proto, CTA_PROTO_DST_PORT));
	nl_nest_end(r, n);
	nl_nest_end(r, reply);
}

/* To the one address and port that answers come from (@source), or go to */
static void put_nat(struct nl_request *r, const struct rtattr *reply, bool source)
{
	const struct rtattr *ip = in(reply, CTA_TUPLE_IP), *proto = in(reply, CTA_TUPLE_PROTO);
	const struct rtattr *v4 = in(ip, source ? CTA_IP_V4_SRC : CTA_IP_V4_DST);
	const struct rtattr *v6 = in(ip, source ? CTA_IP_V6_SRC : CTA_IP_V6_DST);
	const struct rtattr *port = in(proto, source ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT);
	struct rtattr *nat = nest(r, source ? CTA_NAT_DST : CTA_NAT_SRC), *n;

	copy_as(r, CTA_NAT_V4_MINIP, v4);
	copy_as(r, CTA_NAT_V4_MAXIP, v4);
	copy_as(r, CTA_NAT_V6_MINIP, v6);
	copy_as(r, CTA_NAT_V6_MAXIP, v6);
	if (port) {
		n = nest(r, CTA_NAT_PROTO);
		copy_as(r, CTA_PROTONAT_PORT_MIN, port);
		copy_as(r, CTA_PROTONAT_PORT_MAX, port);
		nl_nest_end(r, n);
	}
	nl_nest_end(r, nat);
}

/* What is told with an empty mask is set where the mask says so: struct nf_ct_tcp_flags. */
static void mask_flags(const struct rtattr *info)
{
	const struct rtattr *tcp = in(info, CTA_PROTOINFO_TCP), *f;
	int i;

	for (i = CTA_PROTOINFO_TCP_FLAGS_ORIGINAL; i <= CTA_PROTOINFO_TCP_FLAGS_REPLY; i++) {
		f = in(tcp, i);
		if (f && RTA_PAYLOAD(f) >= 2)
			((uint8_t *)RTA_DATA(f))[1] = ((uint8_t *)RTA_DATA(f))[0];
	}
}

static int put_one(const struct crfs_net_conn *c)
{
	const struct nfgenmsg g = { .nfgen_family = c->family, .version = NFNETLINK_V0 };
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	const uint32_t expires = htonl(c->expires_s);
	const size_t len = hex_get(bytes, &c->attrs);
	const struct rtattr *reply, *status, *a;
	struct nl_request r;
	uint32_t bits = 0;
	int left = len;

	mask_flags(find(bytes, len, CTA_PROTOINFO));
	status = find(bytes, len, CTA_STATUS);
	if (status && RTA_PAYLOAD(status) >= 4)
		memcpy(&bits, RTA_DATA(status), 4);
	bits = ntohl(bits) & (IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
	nl_begin(&r, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, &g, sizeof(g));
	for (a = (void *)bytes; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (!bits || (a->rta_type & NLA_TYPE_MASK) != CTA_TUPLE_REPLY)
			nl_append(&r, a, RTA_ALIGN(a->rta_len));
	nl_attr(&r, CTA_TIMEOUT, &expires, sizeof(expires));
	reply = find(bytes, len, CTA_TUPLE_REPLY);
	if (bits)
		put_reply(&r, find(bytes, len, CTA_TUPLE_ORIG));
	if (bits & IPS_DST_NAT_DONE)
		put_nat(&r, reply, true);
	if (bits & IPS_SRC_NAT_DONE)
		put_nat(&r, reply, false);
	return nl_ask(NETLINK_NETFILTER, &r);
}

int conns_put(const struct crfs_net_conn *v, size_t n, size_t *bad)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < n && !rc; i++) {
		*bad = i;
		rc = v[i].expires_s ? put_one(&v[i]) : 0;
		rc = rc == -EEXIST ? 0 : rc;	/* something was said on it meanwhile */
	}
	return rc;
}

size_t conns_bad(const struct crfs_net_conn *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((v[i].family != AF_INET && v[i].family != AF_INET6) || !v[i].attrs.len ||
		    hex_bad(&v[i].attrs, 4, ATTRS_MAX))
			return i;
	return n;
}
