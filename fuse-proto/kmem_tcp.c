// SPDX-License-Identifier: GPL-2.0-or-later
/* What a TCP socket has received, in the kernel's memory: its buffers in order, which may overlap. */
#include <errno.h>
#include <stdlib.h>

#include "kmem_tcp.h"

#define SKBS_MAX 100000

/** struct want - @size bytes from @begin on, of which those before @at are there */
struct want {
	uint32_t begin, size, at;
	char *buf;
};

/* What of one buffer is behind @w->at, which moves on. */
static int take_skb(struct kmem *k, uint64_t skb, struct want *w)
{
	uint32_t seq, len, skip;
	int rc = kmem_get(k, skb, K_SKB_LEN, &len, sizeof(len));

	if (!rc)
		rc = kmem_read(k, skb + k->at[K_SKB_CB] + k->at[K_CB_SEQ], &seq, sizeof(seq));
	skip = w->at - seq;
	if (rc || skip >= len)		/* a FIN, or nothing new */
		return rc;
	if (w->at - w->begin > w->size || len - skip > w->size - (w->at - w->begin))
		return -ESTALE;
	rc = kmem_skb(k, skb, skip, w->buf + (w->at - w->begin), len - skip);
	w->at += len - skip;
	return rc;
}

int kmem_tcp_unread(struct kmem *k, uint64_t sk, uint32_t begin, uint32_t size, char **buf)
{
	struct want w = { .begin = begin, .size = size, .at = begin, .buf = malloc((size_t)size + 1) };
	uint64_t head = sk + k->at[K_SK_RECEIVE], skb;
	int rc, i;

	*buf = NULL;
	if (!w.buf)
		return -ENOMEM;
	rc = kmem_read(k, head, &skb, sizeof(skb));
	for (i = 0; !rc && skb != head && w.at - begin < size; i++) {
		rc = skb && i < SKBS_MAX ? take_skb(k, skb, &w) : -ESTALE;
		if (!rc)
			rc = kmem_read(k, skb, &skb, sizeof(skb));
	}
	if (!rc && w.at - begin != size)
		rc = -ESTALE;
	if (rc)
		free(w.buf);
	else
		*buf = w.buf;
	return rc;
}

uint64_t kmem_tcp_get(struct kmem_tcp *l, enum kmember m, size_t size)
{
	uint64_t v = 0;

	if (!l->err)
		l->err = kmem_get(l->k, l->sk, m, &v, size);
	return v;
}
