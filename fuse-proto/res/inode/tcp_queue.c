// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a TCP socket holds: bytes that have come and were not read, and bytes that were written and
 * not acknowledged by the peer. Looked at in repair mode by the room of the socket (fd/tcp), which
 * puts them back too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/inode/tcp_queue.h>

#include "rooms.h"
#include "tcp_queue.h"

#define NOWHERE ((dev_t)-1)	/* the device of those without inode */

/** struct content - malloc'ed, until the tree has it */
struct content {
	char *recv, *send;
	size_t nrecv, nsend;
};

static struct inode *make(struct snap *s, dev_t dev, ino_t ino, struct content what)
{
	struct inode *n = snap_inode(s, &res_inode_tcp_queue, dev, ino, -1);
	struct content *c = pool_alloc(&s->pool, sizeof(*c));

	if (!n || !c)
		return NULL;
	*c = what;
	n->priv = c;
	return n;
}

struct inode *tcp_queue_inode(struct snap *s, struct file *f, char *recv, size_t nrecv, char *send,
			      size_t nsend)
{
	return make(s, f->st.st_dev, f->st.st_ino, (struct content){ recv, send, nrecv, nsend });
}

struct inode *tcp_queue_inode_at(struct snap *s, uint64_t sk, char *recv, size_t nrecv)
{
	return make(s, NOWHERE, sk, (struct content){ recv, NULL, nrecv, 0 });
}

static int show(struct snap *s, struct inode *n, const char *name, char *bytes, size_t len)
{
	if (len)
		return tree_text(s->tree, n->dir, name, bytes, len) ? 0 : -ENOMEM;
	free(bytes);
	return 0;
}

static int tcp_queue_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct content *c = n->priv;
	struct crfs_inode_tcp_queue r = { .recv = c->nrecv, .send = c->nsend };
	int rc;

	text_section(out, &crfs_inode_tcp_queue_shape);
	text_rec(out, &crfs_inode_tcp_queue_shape, &r);
	rc = show(s, n, "recv", c->recv, c->nrecv);
	return rc ? rc : show(s, n, "send", c->send, c->nsend);
}

struct node *tcp_queue_node(const struct iobj *queue, const char *name)
{
	struct node *n = queue->node->child;

	while (n && strcmp(n->name, name))
		n = n->next;
	return n;
}

static void check_one(struct image *im, struct iobj *o, const char *name, uint32_t len)
{
	const struct node *n = tcp_queue_node(o, name);
	long long size = n ? n->size : 0;

	if (size != len)
		image_mismatch(im, -EINVAL, o->path, "%s has %lld bytes, status says %u", name, size, len);
}

static void tcp_queue_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_tcp_queue *r = image_rec(o, &res_inode_tcp_queue, 0);

	if (!r)
		return;
	check_one(im, o, "recv", r->recv);
	check_one(im, o, "send", r->send);
}

const struct resource res_inode_tcp_queue = {
	.name = "tcp_queue",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_tcp_queue_shape, NULL },
	.payloads = (const char *const[]){ "recv", "send", NULL },
	.read = tcp_queue_read,
	.check = tcp_queue_check,
};
