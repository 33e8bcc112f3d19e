// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits to be read from a unix socket: messages with their boundaries, senders, and descriptors.
 *
 * From MSG_PEEK (unix_peek.c); put back by sending it again (unix_fill.c). In a stream the bytes of one
 * sender are one message, however they were written, except where descriptors were attached. Not seen, and
 * lost: an empty datagram behind another that was looked at before. The pid of a sender that is dead is kept
 * by a process that has it for a moment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/inode/unix_queue.h>

#include "rooms.h"
#include "text.h"
#include "tree.h"
#include "unix_scan.h"
#include "unix_who.h"

#define LARGEST (1 << 30)	/* twice what SO_SNDBUFFORCE is given, unix_fill.c */

static int unix_queue_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct usock *u = n->priv;
	struct crfs_unix_message r;
	struct umsg *m;
	size_t file = 0, i;

	text_section(out, &crfs_unix_message_shape);
	for (m = u->q.first; m; m = m->next) {
		struct text list = { .failed = false };

		for (i = 0; i < m->nr_fds; i++)
			text_list(&list, u->files[file++]->id);
		r = (struct crfs_unix_message){ .len = m->len, .creds = m->creds, .uid = m->uid,
						.gid = m->gid, .from = { m->from, m->from_len },
						.files = text_str(&list) };
		r.pid = unix_who(s, snap_obj(s, "inodes", n->id), "the sender of a message in it",
				 m->pid, true);
		text_rec(out, &crfs_unix_message_shape, &r);
		text_free(&list);
	}
	if (!tree_text(s->tree, n->dir, "data", u->q.data, u->q.len))
		return -ENOMEM;
	u->q.data = NULL;
	return 0;
}

static const struct node *data_of(const struct iobj *o)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (!strcmp(n->name, "data"))
			return n;
	return NULL;
}

static void check_message(struct image *im, struct iobj *o, const struct crfs_unix_message *m)
{
	struct crfs_str files = m->files;
	unsigned int n = 0;
	__u64 id;

	for (; crfs_list_next(&files, &id); n++)
		if (id > ~0U || !image_obj(im, IOBJ_FILE, id))
			image_mismatch(im, -EINVAL, o->path, "files/%llu is in flight in it, but "
				       "not there", (unsigned long long)id);
	if (n > 253)
		image_mismatch(im, -EINVAL, o->path, "%u descriptors in a message", n);
	if (m->creds > 1 || (!m->creds && (m->pid || m->uid || m->gid)) || m->pid > 0x7fffffff)
		image_mismatch(im, -EINVAL, o->path, "creds is %u, pid %u, uid %u, gid %u: "
			       "no sender", m->creds, m->pid, m->uid, m->gid);
}

static void unix_queue_check(struct image *im, struct iobj *o)
{
	const struct node *data = data_of(o);
	const struct crfs_unix_message *m;
	uint64_t sum = 0;
	size_t n, i;

	m = image_recs(o, &res_inode_unix_queue, 0, &n);
	for (i = 0; i < n; i++) {
		sum += m[i].len;
		check_message(im, o, &m[i]);
	}
	if (sum > LARGEST)
		image_mismatch(im, -EINVAL, o->path, "%llu bytes are longer than any buffer",
			       (unsigned long long)sum);
	if (!n)
		image_mismatch(im, -EINVAL, o->path, "a queue without messages");
	if (!data || (uint64_t)data->size != sum)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, the messages have %llu",
			       data ? (long long)data->size : 0, (unsigned long long)sum);
}

const struct resource res_inode_unix_queue = {
	.name = "unix_queue",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_unix_message_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = unix_queue_read,
	.check = unix_queue_check,
};
