// SPDX-License-Identifier: GPL-2.0-only
/* What the rooms of sockets share. */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "internal.h"
#include "res/fd/sock.h"

struct sock *file_sock(const struct cfile *f, int family)
{
	struct socket *sock = f->flags & O_PATH ? NULL : sock_from_file(f->file);

	return sock && sock->sk && sock->sk->sk_family == family ? sock->sk : NULL;
}

int hold_queue(struct snap *s, struct sk_buff_head *q, struct sk_buff ***v, size_t *n)
{
	size_t room = skb_queue_len_lockless(q);
	struct sk_buff *skb;
	unsigned long flags;

	*n = 0;
	*v = room ? snap_alloc(s, room * sizeof(**v)) : NULL;
	if (!room)
		return 0;
	if (!*v)
		return -ENOMEM;
	spin_lock_irqsave(&q->lock, flags);
	skb_queue_walk(q, skb)
		if (*n < room)
			(*v)[(*n)++] = skb_get(skb);
	spin_unlock_irqrestore(&q->lock, flags);
	return 0;
}

void let_go(struct sk_buff **v, size_t n)
{
	while (n)
		consume_skb(v[--n]);
}

void sock_error_name(struct snap *s, const struct cfile *f)
{
	snap_lost(s, file_obj(s, f), "an error that the program was not yet told of (SO_ERROR)");
}

int skb_bytes(const struct sk_buff *skb, u32 from, u32 len, struct text *out)
{
	void *buf = kvmalloc(len + 1, GFP_KERNEL_ACCOUNT);
	int rc = buf ? skb_copy_bits(skb, from, buf, len) : -ENOMEM;

	if (!rc)
		text_bytes(out, buf, len);
	kvfree(buf);
	return rc ?: out->failed ? -ENOMEM : 0;
}
