// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a socket puts into the header of each packet that it sends: options of IP, extension headers of IPv6, as
 * getsockopt(2) gives them.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/inet_sock.h>

#include <crfs/res/inode/packet_header.h>

#include "internal.h"
#include "res/fd/sockopt.h"

/** struct header - @row: how the tree calls it */
struct header {
	const char *row;
	u32 len;
	char data[];
};

/* One socket may have several, so each has a key of its own. */
static const void *key_of(const struct sock *sk, unsigned int i)
{
	return (const char *)&inet_sk(sk)->inet_opt + i;
}

u32 packet_header_inode(struct snap *s, const struct sock *sk, unsigned int i, const char *row,
			const char __user *bytes, int len)
{
	struct header *h = snap_alloc(s, struct_size(h, data, len));
	struct cinode *n = snap_inode(s, &res_inode_packet_header, key_of(sk, i), NULL);

	if (!h || !n || copy_from_user(h->data, bytes, len))
		return 0;
	h->row = row;
	h->len = len;
	n->priv = h;
	return n->id;
}

static int packet_header_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	const struct header *h = n->priv;
	struct crfs_packet_header r = { .option = str_of(h->row), .len = h->len };
	char *data = kvmalloc(h->len, GFP_KERNEL_ACCOUNT);

	if (!data)
		return -ENOMEM;
	memcpy(data, h->data, h->len);
	text_section(out, &crfs_packet_header_shape);
	text_rec(out, &crfs_packet_header_shape, &r);
	return tree_text(s->tree, n->dir, "data", data, h->len) ? 0 : -ENOMEM;
}

const struct room res_inode_packet_header = {
	.name = "packet_header",
	.scope = PER_INODE,
	.read = packet_header_read,
};
