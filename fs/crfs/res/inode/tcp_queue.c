// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TCP socket holds: bytes that have come and were not read, and bytes that were written and not
 * acknowledged by the peer. Copied by the room of the socket, under its lock.
 */
#include <crfs/res/inode/tcp_queue.h>

#include "internal.h"
#include "res/fd/tcp_look.h"

/** struct content - the bytes, until the tree has them; @send: NULL: none */
struct content {
	struct text *recv, *send;
};

u32 tcp_queue_put(struct snap *s, const struct sock *sk, struct text *recv, struct text *send)
{
	struct cinode *n = snap_inode(s, &res_inode_tcp_queue, sk, NULL);
	struct content *c = snap_alloc(s, sizeof(*c));

	if (!n || !c)
		return 0;
	*c = (struct content){ recv, send };
	n->priv = c;
	return n->id;
}

static int show(struct snap *s, struct cinode *n, const char *name, struct text *bytes)
{
	size_t len;
	char *data;

	if (!bytes || !bytes->w.len)
		return 0;
	data = text_take(bytes, &len);
	return tree_text(s->tree, n->dir, name, data, len) ? 0 : -ENOMEM;
}

static int tcp_queue_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct content *c = n->priv;
	struct crfs_inode_tcp_queue r = { .recv = c->recv->w.len, .send = c->send ? c->send->w.len : 0 };

	text_section(out, &crfs_inode_tcp_queue_shape);
	text_rec(out, &crfs_inode_tcp_queue_shape, &r);
	return show(s, n, "recv", c->recv) ?: show(s, n, "send", c->send);
}

const struct room res_inode_tcp_queue = {
	.name = "tcp_queue",
	.scope = PER_INODE,
	.read = tcp_queue_read,
};
