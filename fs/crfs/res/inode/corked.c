// SPDX-License-Identifier: GPL-2.0-only
/*
 * A datagram that a UDP or raw socket has begun and not sent (UDP_CORK, MSG_MORE): where it goes stands in inet_sock.cork,
 * its bytes in the buffers of the write queue, each behind a header of IP that is not filled in yet, the first also behind
 * one of UDP. A raw socket has no ports, and says by its queue alone that it has one. Refused: options of IP, a time to
 * send it, a mark of that one call.
 */
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include <crfs/res/inode/corked.h>

#include "res/fd/inet.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"

/** struct corked - @oif: the interface that was asked for; @rc: 0, or why its bytes could not be copied */
struct corked {
	struct crfs_corked r;
	int oif, rc;
	struct text *data;
};

static bool of_udp(const struct sock *sk)
{
	return sk->sk_type == SOCK_DGRAM &&
	       (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE);
}

static int head_of(const struct sock *sk)
{
	return of_udp(sk) ? sizeof(struct udphdr) : 0;
}

/* The family of where it goes; 0: there is none */
static int pending(const struct sock *sk)
{
	if (of_udp(sk))
		return udp_sk(sk)->pending;
	return skb_queue_empty(&sk->sk_write_queue) ? 0 : sk->sk_family;
}

static bool odd(const struct sock *sk)
{
	const struct inet_cork_full *cork = &inet_sk(sk)->cork;

#if IS_ENABLED(CONFIG_IPV6)
	if (pending(sk) == AF_INET6 && inet6_sk(sk)->cork.opt)
		return true;
#endif
	return cork->base.flags & IPCORK_OPT || cork->base.transmit_time ||
	       cork->fl.u.__fl_common.flowic_mark != READ_ONCE(sk->sk_mark);
}

/* Is there one that can be carried? The socket is locked. */
static bool is_there(const struct sock *sk)
{
	const int len = inet_sk(sk)->cork.base.length;

	return pending(sk) && !odd(sk) && len >= head_of(sk) && len <= U16_MAX;
}

bool corked_can(struct sock *sk)
{
	bool can;

	if (!of_udp(sk) && sk->sk_type != SOCK_RAW)
		return false;
	lock_sock(sk);
	can = is_there(sk);
	release_sock(sk);
	return can;
}

/* To say the type of service that is the socket's would change the priority, too. */
static int tos_of(int tos, int usual)
{
	return tos == usual ? -1 : tos;
}

static void take_v4(const struct sock *sk, struct crfs_corked *r)
{
	const struct inet_cork_full *cork = &inet_sk(sk)->cork;

	memcpy(r->to, &cork->fl.u.ip4.daddr, 4);
	memcpy(r->from, &cork->fl.u.ip4.saddr, 4);
	r->to_port = ntohs(cork->fl.u.ip4.fl4_dport);
	r->ttl = cork->base.ttl;
	r->tos = tos_of(cork->base.tos, inet_sk(sk)->tos);
}

static void take_v6(const struct sock *sk, struct crfs_corked *r)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct inet_cork_full *cork = &inet_sk(sk)->cork;
	const struct ipv6_pinfo *np = inet6_sk(sk);

	memcpy(r->to, &cork->fl.u.ip6.daddr, 16);
	memcpy(r->from, &cork->fl.u.ip6.saddr, 16);
	r->to_port = ntohs(cork->fl.u.ip6.fl6_dport);
	r->ttl = np->cork.hop_limit;
	r->tos = tos_of(np->cork.tclass, np->tclass);
#endif
}

static int take_data(struct sock *sk, struct text *out)
{
	u32 from, header = head_of(sk);
	const struct sk_buff *skb;
	int rc = 0;

	skb_queue_walk(&sk->sk_write_queue, skb) {
		from = skb_transport_offset(skb) + header;
		header = 0;
		if (!rc)
			rc = from > skb->len ? -ESTALE : skb_bytes(skb, from, skb->len - from, out);
	}
	return rc;
}

/* Return: is there one? */
static bool take(struct sock *sk, struct corked *c)
{
	bool there;

	lock_sock(sk);
	there = is_there(sk);
	if (there) {
		c->r.family = pending(sk);
		c->r.segment = inet_sk(sk)->cork.base.gso_size;
		c->r.len = inet_sk(sk)->cork.base.length - head_of(sk);
		c->oif = inet_sk(sk)->cork.fl.u.__fl_common.flowic_oif;
		if (c->r.family == AF_INET)
			take_v4(sk, &c->r);
		else
			take_v6(sk, &c->r);
		if (!of_udp(sk))	/* type and code of ICMP stand there */
			c->r.to_port = 0;
		c->rc = take_data(sk, c->data);
	}
	release_sock(sk);
	if (!c->rc && c->data->w.len != c->r.len)
		c->rc = -ESTALE;
	return there;
}

int corked_row(struct snap *s, struct sock *sk, struct text *out)
{
	struct corked *c;
	struct cinode *n;

	if (!corked_can(sk))
		return 0;
	c = snap_alloc(s, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct corked){ .data = snap_text(s) };
	if (!c->data)
		return -ENOMEM;
	if (!take(sk, c) || c->rc)
		return c->rc;
	c->r.interface = inet_ifname(s, c->oif);
	n = snap_inode(s, &res_inode_corked, &inet_sk(sk)->cork, NULL);
	if (!n)
		return -ENOMEM;
	n->priv = c;
	sockopt_row(out, CRFS_CORKED, n->id);
	return 0;
}

static int corked_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct corked *c = n->priv;
	size_t len;
	char *data = text_take(c->data, &len);

	text_section(out, &crfs_corked_shape);
	text_rec(out, &crfs_corked_shape, &c->r);
	return tree_text(s->tree, n->dir, "data", data, len) ? 0 : -ENOMEM;
}

const struct room res_inode_corked = {
	.name = "corked",
	.scope = PER_INODE,
	.read = corked_read,
};
