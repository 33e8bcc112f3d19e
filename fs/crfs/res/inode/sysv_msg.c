// SPDX-License-Identifier: GPL-2.0-only
/* A System V message queue: names and rights, limit, last users, and its messages, copied without being taken. */
#include <linux/mm.h>
#include <linux/slab.h>

#include <crfs/res/inode/sysv_msg.h>

#include "internal.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

/** struct content - the messages; @row, @data: kvmalloc'ed, with room for @nr and @len bytes */
struct content {
	struct crfs_message *row;
	char *data;
	size_t nr, len;
};

/* Under the lock of the queue, which cannot be held while memory is asked for. Return: was there room? */
static bool copy(const struct msg_queue *q, struct content *c)
{
	const struct msg_msg *m;
	size_t n = 0, at = 0;

	if (q->q_qnum > c->nr || q->q_cbytes > c->len)
		return false;
	list_for_each_entry(m, &q->q_messages, m_list) {
		c->row[n++] = (struct crfs_message){ m->m_type, m->m_ts };
		msg_copy(m, c->data + at);
		at += m->m_ts;
	}
	*c = (struct content){ c->row, c->data, n, at };
	return true;
}

static void free_content(struct content *c)
{
	kvfree(c->row);
	kvfree(c->data);
	*c = (struct content){ .nr = 0 };
}

/* Somebody outside may still put more in. */
static int copy_all(struct msg_queue *q, struct content *c)
{
	bool done;

	do {
		free_content(c);
		c->nr = READ_ONCE(q->q_qnum);
		c->len = READ_ONCE(q->q_cbytes);
		c->row = kvcalloc(c->nr + 1, sizeof(*c->row), GFP_KERNEL);
		c->data = kvmalloc(c->len + 1, GFP_KERNEL);
		if (!c->row || !c->data)
			return -ENOMEM;
		spin_lock(&q->q_perm.lock);
		done = copy(q, c);
		spin_unlock(&q->q_perm.lock);
	} while (!done);
	return 0;
}

/* Of an empty queue one of the two is kept: see fuse-proto/res/inode/sysv_msg.c. */
static void last_users(struct snap *s, const struct cinode *n, struct msg_queue *q, struct crfs_sysv_msg *rec)
{
	struct pid *sent = msg_user(q, &q->q_lspid), *received = msg_user(q, &q->q_lrpid);

	rec->lspid = sysv_user(s, n, sent);
	rec->lrpid = sysv_user(s, n, received);
	put_pid(sent);
	put_pid(received);
	if (!q->q_qnum)
		rec->lspid = rec->lrpid = rec->lrpid ? rec->lrpid : rec->lspid;
}

static int look(struct snap *s, const struct cinode *n, struct crfs_sysv_msg *rec, struct content *c)
{
	struct ipc_namespace *ns = sysv_in(s, sysv_ns(n));
	struct kern_ipc_perm *p;
	int rc = -ESTALE;

	if (!ns)
		return rc;
	down_read(&ns->ids[SYSV_MSG].rwsem);
	p = sysv_find(ns, SYSV_MSG, sysv_id(n));
	if (p) {
		sysv_perm(s, n, p, &rec->perm);
		rec->qbytes = sysv_msg(p)->q_qbytes;
		last_users(s, n, sysv_msg(p), rec);
		rc = copy_all(sysv_msg(p), c);
	}
	up_read(&ns->ids[SYSV_MSG].rwsem);
	ipc_drop(ns);
	return rc;
}

static int msg_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_msg rec = { .qbytes = 0 };
	struct content c = { .nr = 0 };
	struct cinode *n = obj;
	size_t i;
	int rc = look(s, n, &rec, &c);

	text_section(out, &crfs_sysv_msg_shape);
	text_rec(out, &crfs_sysv_msg_shape, &rec);
	text_section(out, &crfs_message_shape);
	for (i = 0; i < c.nr && !rc; i++)
		text_rec(out, &crfs_message_shape, &c.row[i]);
	if (!rc) {
		rc = tree_text(s->tree, n->dir, "data", c.data, c.len) ? 0 : -ENOMEM;
		c.data = NULL;	/* taken over */
	}
	free_content(&c);
	return rc;
}

const struct room res_inode_sysv_msg = {
	.name = "sysv_msg",
	.scope = PER_INODE,
	.read = msg_read,
};
