// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits to be read from a unix socket: messages with their boundaries, senders, and descriptors. In a
 * stream the bytes of one sender are one message, however they were written, except where descriptors were attached.
 */
#include <crfs/res/inode/unix_queue.h>

#include "internal.h"
#include "res/fd/unix_scan.h"

static void add_row(struct snap *s, const struct cinode *n, const struct umsg *m, struct text *out)
{
	struct text list = { .failed = false };
	struct crfs_unix_message r = {
		.len = m->len, .creds = m->creds, .from = m->from,
		.uid = m->creds ? m->uid : 0, .gid = m->creds ? m->gid : 0,
	};
	size_t i;

	for (i = 0; i < m->nr_files; i++)
		text_list(&list, m->files[i]->id);
	r.files = text_str(&list);
	r.pid = unix_who(s, snap_obj(s, "inodes", n->id), "the sender of a message in it", &m->who, true);
	text_rec(out, &crfs_unix_message_shape, &r);
	text_done(&list, out);
}

static int unix_queue_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct usock *u = n->priv;
	const struct umsg *m;
	size_t len;
	char *data;

	text_section(out, &crfs_unix_message_shape);
	for (m = u->first; m; m = m->next)
		add_row(s, n, m, out);
	data = text_take(u->data, &len);
	return tree_text(s->tree, n->dir, "data", data, len) ? 0 : -ENOMEM;
}

const struct room res_inode_unix_queue = {
	.name = "unix_queue",
	.scope = PER_INODE,
	.read = unix_queue_read,
};
