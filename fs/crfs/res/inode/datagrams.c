// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits in a UDP socket: datagrams with their senders, and where they were sent to.
 *
 * What was there when it was looked at; what comes meanwhile is behind it. Empty ones are seen however often it is
 * looked at. What UDP_GRO has joined stands as the datagrams that it was. Those sent to a group or to all are
 * refused: on the way back everybody would get them.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/udp.h>

#include <crfs/res/inode/datagrams.h>

#include "res/fd/inet.h"
#include "res/fd/sock.h"

/** struct queue - the rows, and the bytes of all */
struct queue {
	struct crfs_datagram *d;
	size_t n, cap;
	struct text *data;
	bool to_many;
};

static void take_v4(struct snap *s, const struct sk_buff *skb, struct queue *q, struct crfs_datagram *d)
{
	const struct iphdr *ip = ip_hdr(skb);

	d->family = AF_INET;
	memcpy(d->from, &ip->saddr, 4);
	memcpy(d->to, &ip->daddr, 4);
	/* 0 if the socket was not to know it (ipv4_pktinfo_prepare()) */
	d->interface = inet_ifname(s, PKTINFO_SKB_CB(skb)->ipi_ifindex);
	d->ttl = ip->ttl;
	d->tos = ip->tos;
	q->to_many |= ipv4_is_multicast(ip->daddr) || ip->daddr == htonl(INADDR_BROADCAST);
}

static void take_v6(struct snap *s, const struct sk_buff *skb, struct queue *q, struct crfs_datagram *d)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);

	d->family = AF_INET6;
	memcpy(d->from, &ip->saddr, 16);
	memcpy(d->to, &ip->daddr, 16);
	d->interface = inet_ifname(s, IP6CB(skb)->iif);
	d->ttl = ip->hop_limit;
	d->tos = ipv6_get_dsfield(ip);
	q->to_many |= ip->daddr.s6_addr[0] == 0xff;
}

static u32 size_of_parts(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4 ? skb_shinfo(skb)->gso_size : 0;
}

/* One that was joined of several comes as several; the last may be shorter. */
static int add_rows(struct snap *s, struct queue *q, struct crfs_datagram *d, u32 left, u32 part)
{
	struct crfs_datagram *more;

	do {
		more = snap_grow(s, q->d, q->n, &q->cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		q->d = more;
		d->len = part && left > part ? part : left;
		more[q->n++] = *d;
		left -= d->len;
	} while (left);
	return 0;
}

static int take(struct snap *s, struct queue *q, struct sk_buff *skb)
{
	struct crfs_datagram d = { .from_port = ntohs(udp_hdr(skb)->source) };
	int rc;

	if (udp_lib_checksum_complete(skb))	/* nobody will get it */
		return 0;
	if (skb->protocol == htons(ETH_P_IP))
		take_v4(s, skb, q, &d);
	else
		take_v6(s, skb, q, &d);
	rc = skb_bytes(skb, 0, skb->len, q->data);
	return rc ?: add_rows(s, q, &d, skb->len, size_of_parts(skb));
}

static int take_all(struct snap *s, struct queue *q, struct sk_buff_head *from)
{
	struct sk_buff **v;
	size_t n, i;
	int rc = hold_queue(s, from, &v, &n);

	for (i = 0; i < n && !rc; i++)
		rc = take(s, q, v[i]);
	let_go(v, n);
	return rc;
}

int datagrams_inode(struct snap *s, struct cfile *f, struct sock *sk, u32 *id)
{
	struct queue *q = snap_alloc(s, sizeof(*q));
	struct cinode *n;
	int rc;

	*id = 0;
	if (!q)
		return -ENOMEM;
	*q = (struct queue){ .data = snap_text(s) };
	if (!q->data)
		return -ENOMEM;
	/* Readers have taken some over already. */
	rc = take_all(s, q, &udp_sk(sk)->reader_queue) ?: take_all(s, q, &sk->sk_receive_queue);
	if (rc || !q->n)
		return rc;
	if (q->to_many)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a datagram that was sent to a group or to all waits in it: let the program read it");
	n = snap_inode(s, &res_inode_datagrams, sk, NULL);
	if (!n)
		return -ENOMEM;
	n->priv = q;
	*id = n->id;
	return 0;
}

static int datagrams_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct queue *q = n->priv;
	size_t i, len;
	char *data;

	text_section(out, &crfs_datagram_shape);
	for (i = 0; i < q->n; i++)
		text_rec(out, &crfs_datagram_shape, &q->d[i]);
	data = text_take(q->data, &len);
	return tree_text(s->tree, n->dir, "data", data, len) ? 0 : -ENOMEM;
}

const struct room res_inode_datagrams = {
	.name = "datagrams",
	.scope = PER_INODE,
	.read = datagrams_read,
};
