// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram that a UDP socket has begun and not sent (UDP_CORK, MSG_MORE): where it goes stands in inet_sock.cork, its
 * bytes in the buffers of the write queue, each behind a header of IP that is not filled in yet, the first also behind
 * one of UDP (ip_append_data(), net/ipv4/ip_output.c). A raw socket has no ports, and says by its queue alone that it has one.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "kmem_cork.h"

#define OPTIONS 1	/* IPCORK_OPT */
#define SKBS_MAX 4096

/** struct look - reads one member after another; @err: the first error */
struct look {
	struct kmem *k;
	int err;
};

static void get(struct look *l, uint64_t at, enum kmember m, void *buf, size_t len)
{
	if (!l->err)
		l->err = kmem_get(l->k, at, m, buf, len);
}

static void take_v4(struct look *l, uint64_t base, uint64_t fl, struct kmem_cork *c)
{
	int16_t tos = -1;

	get(l, fl, K_FL4_DADDR, c->to, 4);
	get(l, fl, K_FL4_SADDR, c->from, 4);
	get(l, fl, K_FL4_PORTS, &c->port, sizeof(c->port));
	get(l, base, K_CORK_TTL, &c->ttl, sizeof(c->ttl));
	get(l, base, K_CORK_TOS, &tos, sizeof(tos));
	c->tos = tos;
}

/* Its options lie in ipv6_pinfo.cork; those of the socket itself are not told from those of that one call. */
static void take_v6(struct look *l, uint64_t sk, uint64_t fl, struct kmem_cork *c)
{
	uint64_t np = 0, opt = 0;
	uint8_t tos = 0;

	get(l, fl, K_FL6_DADDR, c->to, 16);
	get(l, fl, K_FL6_SADDR, c->from, 16);
	get(l, fl, K_FL6_PORTS, &c->port, sizeof(c->port));
	get(l, sk, K_INET_PINET6, &np, sizeof(np));
	if (l->err || l->k->at[K_NP_CORK] < 0) {
		l->err = l->err ?: -EOPNOTSUPP;
		return;
	}
	np += l->k->at[K_NP_CORK];
	get(l, np, K_CORK6_OPT, &opt, sizeof(opt));
	get(l, np, K_CORK6_HOPS, &c->ttl, sizeof(c->ttl));
	get(l, np, K_CORK6_TCLASS, &tos, sizeof(tos));
	c->tos = tos;
	c->odd |= opt != 0;
}

/* The family, or 0 */
static int32_t pending(struct look *l, uint64_t sk, int raw)
{
	const uint64_t head = sk + l->k->at[K_SK_WRITE];
	uint64_t first = head;
	int32_t family = 0;

	if (!raw)
		get(l, sk, K_UDP_PENDING, &family, sizeof(family));
	else if (l->k->at[K_SK_WRITE] < 0)
		l->err = -EOPNOTSUPP;
	else
		get(l, sk, K_SK_WRITE, &first, sizeof(first));
	return first != head ? raw : family;
}

int kmem_cork(struct kmem *k, uint64_t sk, int raw, struct kmem_cork *c)
{
	struct look l = { .k = k };
	uint64_t base = sk + k->at[K_INET_CORK], fl = base + k->at[K_CORK_FL], when = 0;
	uint32_t flags = 0;
	int32_t family, len = 0;

	*c = (struct kmem_cork){ .tos = -1, .head = raw ? 0 : sizeof(struct udphdr) };
	if (k->at[K_INET_CORK] < 0 || k->at[K_CORK_FL] < 0)
		return -EOPNOTSUPP;
	family = pending(&l, sk, raw);
	if (l.err || !family)
		return l.err;
	get(&l, base, K_CORK_FLAGS, &flags, sizeof(flags));
	get(&l, base, K_CORK_LENGTH, &len, sizeof(len));
	get(&l, base, K_CORK_SEGMENT, &c->segment, sizeof(c->segment));
	get(&l, base, K_CORK_TIME, &when, sizeof(when));
	get(&l, fl, K_FLOW_OIF, &c->oif, sizeof(c->oif));
	get(&l, fl, K_FLOW_MARK, &c->mark, sizeof(c->mark));
	c->odd = flags & OPTIONS || when;
	if (family == AF_INET)
		take_v4(&l, base, fl, c);
	else
		take_v6(&l, sk, fl, c);
	if (!l.err && (len < (int)c->head || len > 65535))
		l.err = -ESTALE;
	c->family = family;
	c->len = len - c->head;
	if (raw)	/* type and code of ICMP stand there */
		c->port = 0;
	return l.err;
}

/* What of one buffer is the program's, behind what is in @buf already: @at, which moves on. */
static int take_skb(struct look *l, uint64_t skb, uint32_t skip, char *buf, uint32_t size, uint32_t *at)
{
	uint64_t head = 0, data = 0;
	uint16_t transport = 0;
	uint32_t len = 0, from;

	get(l, skb, K_SKB_HEAD, &head, sizeof(head));
	get(l, skb, K_SKB_DATA, &data, sizeof(data));
	get(l, skb, K_SKB_TRANSPORT, &transport, sizeof(transport));
	get(l, skb, K_SKB_LEN, &len, sizeof(len));
	if (l->err)
		return l->err;
	from = head + transport - data + skip;
	if (from > len || len - from > size - *at)
		return -ESTALE;
	l->err = kmem_skb(l->k, skb, from, buf + *at, len - from);
	*at += len - from;
	return l->err;
}

int kmem_cork_data(struct kmem *k, uint64_t sk, const struct kmem_cork *c, char *buf)
{
	struct look l = { .k = k };
	uint64_t head = sk + k->at[K_SK_WRITE], skb = 0;
	uint32_t at = 0;
	int i;

	if (k->at[K_SK_WRITE] < 0)
		return -EOPNOTSUPP;
	l.err = kmem_read(k, head, &skb, sizeof(skb));
	for (i = 0; !l.err && skb != head; i++) {
		if (!skb || i == SKBS_MAX)
			return -ESTALE;
		l.err = take_skb(&l, skb, i ? 0 : c->head, buf, c->len, &at);
		if (!l.err)
			l.err = kmem_read(k, skb, &skb, sizeof(skb));
	}
	return l.err ?: at == c->len ? 0 : -ESTALE;
}
