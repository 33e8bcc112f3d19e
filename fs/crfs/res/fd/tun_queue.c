// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that a program has not read from the link whose other end it is: a ring of pointers, from its consumer on up to
 * the first that is none. Which can be put back: see fuse-proto/res/fd/tun_queue.c.
 */
#include <linux/kernel.h>
#include <linux/poll.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "res/fd/sock.h"
#include "res/fd/tun.h"

#define PACKETS_MAX 10000
#define BYTES_MAX 65536

/* References to all packets, up to @size. Return: how many, n; -n - 1: there are more, or one is no packet */
static int take(struct ptr_ring *ring, struct sk_buff **v, int size)
{
	int i, n = 0;
	void *p;

	spin_lock_bh(&ring->consumer_lock);
	for (i = 0; i < ring->size; i++) {
		p = READ_ONCE(ring->queue[(ring->consumer_head + i) % ring->size]);
		if (!p)
			break;
		if (tun_is_xdp_frame(p) || n == size) {
			n = -n - 1;
			break;
		}
		v[n++] = skb_get(p);
	}
	spin_unlock_bh(&ring->consumer_lock);
	return n;
}

static int packet_of(struct snap *s, const struct sk_buff *skb, struct crfs_tun_packet *r)
{
	struct text bytes = { .failed = false };
	char *text;
	int rc;

	if (!skb->len || skb->len > BYTES_MAX || skb->vlan_proto || skb->vlan_tci)
		return -EOPNOTSUPP;
	text = snap_alloc(s, 2 * skb->len);
	rc = text ? skb_bytes(skb, 0, skb->len, &bytes) : -ENOMEM;
	if (!rc) {
		bin2hex(text, bytes.w.buf, skb->len);
		*r = (struct crfs_tun_packet){ ntohs(skb->protocol), { text, 2 * skb->len } };
	}
	text_free(&bytes);
	return rc;
}

/* Return: how many there are in *@r, all of them, or a negative errno */
static int read_ring(struct snap *s, struct ptr_ring *ring, struct crfs_tun_packet **r)
{
	const int size = clamp(READ_ONCE(ring->size), 0, PACKETS_MAX);
	struct sk_buff **v = kvmalloc_array(size + 1, sizeof(*v), GFP_KERNEL_ACCOUNT);
	int n = v ? take(ring, v, size) : 0, nr = n < 0 ? -n - 1 : n, i;
	int rc = !v ? -ENOMEM : n < 0 ? -EOPNOTSUPP : 0;

	*r = rc ? NULL : snap_alloc(s, (n + 1) * sizeof(**r));
	if (!rc && !*r)
		rc = -ENOMEM;
	for (i = 0; i < nr; i++) {
		rc = rc ?: packet_of(s, v[i], &(*r)[i]);
		kfree_skb(v[i]);
	}
	kvfree(v);
	return rc ?: n;
}

int tun_queue_read(struct snap *s, const struct cfile *f, const struct tun *t, const struct crfs_fd_tun *r,
		   struct text *out)
{
	struct crfs_tun_packet *p = NULL;
	int n = -EOPNOTSUPP, i;

	text_section(out, &crfs_tun_packet_shape);
	if (!r->link.len || !(vfs_poll(f->file, NULL) & EPOLLIN))
		return 0;
	if (!r->offload && !(r->flags & IFF_MULTI_QUEUE))
		n = read_ring(s, t->ring, &p);
	if (n == -ENOMEM)
		return n;
	for (i = 0; i < n; i++)
		text_rec(out, &crfs_tun_packet_shape, &p[i]);
	if (n < 0)
		snap_lost(s, file_obj(s, f), "packets of link %s that wait to be read", t->name);
	return 0;
}
