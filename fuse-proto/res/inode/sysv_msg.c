// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A System V message queue: msgget(2), msgctl(2).
 *
 * The messages are copied with MSG_COPY (3.8, CONFIG_CHECKPOINT_RESTORE), which takes nothing out.
 * The last sender, if it is there, sends the last of them again, and the last receiver takes one that
 * was put there for it, of a type that no other has. Of an empty queue one of the two is kept, the
 * receiver before the sender. Lost: times, and the pids of those who are no more.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>

#include <crfs/res/inode/sysv_msg.h>

#include "rooms.h"
#include "sysv.h"

#define ON_TAPE (128 << 10)	/* bytes of a message: tapes have 256 KiB at least */
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

/** struct message - as msgsnd(2) and msgrcv(2) have it */
struct message {
	long type;
	char text[];
};

/* One by one, by index, until there is no more. */
static int copy_all(struct snap *s, const struct inode *n, size_t size, struct text *out)
{
	struct message *m = malloc(sizeof(*m) + size);
	char *data = malloc(size + 1);
	struct crfs_message row;
	ssize_t len = 0;
	size_t at = 0;
	long i;

	for (i = 0; m && data; i++) {
		len = msgrcv(sysv_id(n), m, size, i, MSG_COPY | IPC_NOWAIT);
		if (len < 0 || at + len > size)
			break;
		memcpy(data + at, m->text, len);
		at += len;
		row = (struct crfs_message){ m->type, len };
		text_rec(out, &crfs_message_shape, &row);
	}
	len = !m || !data ? -ENOMEM : len >= 0 ? -E2BIG : errno == ENOMSG ? 0 : -errno;
	free(m);
	if (len || !tree_text(s->tree, n->dir, "data", data, at)) {
		free(data);
		len = len ?: -ENOMEM;
	}
	return len;
}

static void last_users(struct snap *s, const struct inode *n, const struct msqid_ds *ds, struct crfs_sysv_msg *rec)
{
	rec->lspid = sysv_user(s, n, ds->msg_lspid);
	rec->lrpid = sysv_user(s, n, ds->msg_lrpid);
	if (!ds->msg_qnum)
		rec->lspid = rec->lrpid = rec->lrpid ? rec->lrpid : rec->lspid;
}

static int msg_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_msg rec = { .qbytes = 0 };
	struct msqid_ds ds = { .msg_qnum = 0 };
	struct inode *n = obj;
	struct visit v;
	int rc = sysv_begin(s, sysv_ns(n), &v);

	if (rc)
		return rc;
	if (msgctl(sysv_id(n), IPC_STAT, &ds) < 0)
		rc = -errno;
	sysv_perm(n, &ds.msg_perm, &rec.perm);
	rec.qbytes = ds.msg_qbytes;
	last_users(s, n, &ds, &rec);
	text_section(out, &crfs_sysv_msg_shape);
	text_rec(out, &crfs_sysv_msg_shape, &rec);
	text_section(out, &crfs_message_shape);
	if (!rc)
		rc = copy_all(s, n, ds.__msg_cbytes, out);
	rc = visit_end(&v) ?: s->live ? 0 : rc;
	if (rc != -EINVAL && rc != -ENOSYS)
		return rc ? fail(s->err, rc, "reading queue %d", sysv_id(n)) : 0;
	snap_unsupported(s, rc, sysv_name(s, n), "the messages of queue %d cannot be copied: raise kernel.msgmax above the longest, or use a kernel with CONFIG_CHECKPOINT_RESTORE",
			 sysv_id(n));
	return tree_text(s->tree, n->dir, "data", NULL, 0) ? 0 : -ENOMEM;
}

static bool same(const struct crfs_sysv_msg *r)
{
	struct msqid_ds ds;

	return !msgctl(r->perm.id, IPC_STAT, &ds) && (uint32_t)ds.msg_perm.__key == r->perm.key &&
	       ds.msg_perm.cuid == r->perm.cuid && ds.msg_perm.cgid == r->perm.cgid &&
	       (ds.msg_lspid <= 0 || (kill(ds.msg_lspid, 0) && errno == ESRCH)) &&
	       (ds.msg_lrpid <= 0 || (kill(ds.msg_lrpid, 0) && errno == ESRCH));
}

static void check_pid(struct image *im, const struct iobj *o, const char *key, unsigned int pid)
{
	if (pid && !image_obj(im, IOBJ_TASK, pid))
		image_mismatch(im, -EINVAL, o->path, "%s %u is not in tasks/", key, pid);
}

static void msg_check(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_msg *r = image_rec(o, &res_inode_sysv_msg, 0);
	struct sysv *v = r ? sysv_check(im, o, &r->perm, SYSV_MSG) : NULL;
	const struct node *data = sysv_data(o, "data");
	const struct crfs_message *m;
	uint64_t sum = 0;
	size_t n, i;

	if (!r)
		return;
	m = image_recs(o, &res_inode_sysv_msg, 1, &n);
	for (i = 0; i < n; i++) {
		sum += m[i].len;
		if (m[i].type <= 0 || m[i].len > INT_MAX)
			image_mismatch(im, -EINVAL, o->path, "message %zu: no message has this type or length", i);
	}
	if (!data || (uint64_t)data->size != sum)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, the messages have %llu",
			       data ? (long long)data->size : 0, (unsigned long long)sum);
	if (r->qbytes > INT_MAX || sum > r->qbytes || n > r->qbytes)
		image_mismatch(im, -EINVAL, o->path, "%zu messages of %llu bytes do not fit in a queue of %llu",
			       n, (unsigned long long)sum, (unsigned long long)r->qbytes);
	check_pid(im, o, "lspid", r->lspid);
	check_pid(im, o, "lrpid", r->lrpid);
	if (v && v->there && !same(r))
		sysv_stranger(im, o, &r->perm);
}

static int get(const void *arg, int key, int flags)
{
	(void)arg;
	return msgget(key, flags);
}

/* What a killed container has left in it is what it was, and more or less. */
static int empty(int id, uint64_t size)
{
	struct message *m = malloc(sizeof(*m) + size);

	while (m && msgrcv(id, m, size, 0, IPC_NOWAIT | MSG_NOERROR) >= 0)
		;
	free(m);
	return m ? 0 : -ENOMEM;
}

/* A type that no message has */
static long free_type(const struct crfs_message *m, size_t n)
{
	long type = LONG_MAX;
	size_t i;

	for (i = 0; i < n; i++) {
		if (m[i].type != type)
			continue;
		type--;
		i = -1;
	}
	return type;
}

static int send(int id, const struct crfs_message *m, struct node *data, uint64_t off)
{
	struct message *buf = malloc(sizeof(*buf) + m->len);
	ssize_t rc = buf ? 0 : -ENOMEM;

	if (!rc && m->len)
		rc = node_pread(data, buf->text, m->len, off);
	if (rc >= 0) {
		buf->type = m->type;
		rc = rc != (ssize_t)m->len ? -EIO : msgsnd(id, buf, m->len, IPC_NOWAIT) ? -errno : 0;
	}
	free(buf);
	return rc;
}

/* The last message is left for who has sent it, unless it is too long for a tape. */
static bool left_to_sender(const struct crfs_sysv_msg *r, const struct crfs_message *m, size_t n)
{
	return n && r->lspid && m[n - 1].len <= ON_TAPE;
}

static int send_all(struct iobj *o, const struct crfs_sysv_msg *r)
{
	struct message token = { .type = 0 };
	const struct crfs_message *m;
	uint64_t off = 0;
	size_t n, i;
	int rc = 0;

	m = image_recs(o, &res_inode_sysv_msg, 1, &n);
	token.type = free_type(m, n);
	if (n && r->lrpid && msgsnd(r->perm.id, &token, 0, IPC_NOWAIT))
		return -errno;
	for (i = 0; i < n - left_to_sender(r, m, n) && !rc; off += m[i].len, i++)
		rc = send(r->perm.id, &m[i], sysv_data(o, "data"), off);
	return rc;
}

static int msg_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_sysv_msg *r = image_rec(o, &res_inode_sysv_msg, 0);
	struct msqid_ds ds = { .msg_perm = { .uid = r->perm.uid, .gid = r->perm.gid,
					     .mode = r->perm.mode }, .msg_qbytes = r->qbytes };
	int rc = sysv_make(rs, o, &r->perm, SYSV_MSG, get, NULL);

	if (rc)
		return rc;
	if (((struct sysv *)o->priv)->there)
		rc = empty(r->perm.id, 1 << 20);
	if (!rc && msgctl(r->perm.id, IPC_SET, &ds))
		rc = -errno;
	if (!rc)
		rc = send_all(o, r);
	return rc ? fail_on(rs->err, rc, o->path, "filling the queue") : 0;
}

/* The last message, by who has sent it */
static int send_last(struct iobj *o, const struct crfs_sysv_msg *r, const struct crfs_message *m, size_t n,
		     struct tape *t)
{
	struct node *data = sysv_data(o, "data");
	const struct crfs_message *last = &m[n - 1];
	uint64_t at = tape_data(t, NULL, sizeof(struct message) + last->len);
	struct message *buf = t->full ? NULL : tape_local(t, at);

	if (!buf)
		return 0;
	buf->type = last->type;
	if (last->len && node_pread(data, buf->text, last->len, data->size - last->len) !=
	    (ssize_t)last->len)
		return -EIO;
	tape_call(t, "msgsnd", SYS_msgsnd, r->perm.id, at, last->len, IPC_NOWAIT);
	return 0;
}

static int msg_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_sysv_msg *r = image_rec(o, &res_inode_sysv_msg, 0);
	const struct crfs_message *m;
	struct message token = { .type = 0 };
	uint64_t at;
	size_t n;

	(void)rs;
	if (r->lspid != rt->o->id && r->lrpid != rt->o->id)
		return 0;
	m = image_recs(o, &res_inode_sysv_msg, 1, &n);
	token.type = free_type(m, n);
	at = tape_data(t, &token, sizeof(token));
	if (!n)
		tape_call(t, "msgsnd", SYS_msgsnd, r->perm.id, at, 0, IPC_NOWAIT);
	if (r->lrpid == rt->o->id)
		tape_call(t, "msgrcv", SYS_msgrcv, r->perm.id, at, 0, token.type, IPC_NOWAIT);
	return left_to_sender(r, m, n) && r->lspid == rt->o->id ? send_last(o, r, m, n, t) : 0;
}

static void msg_undo(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_msg *r = image_rec(o, &res_inode_sysv_msg, 0);

	(void)im;
	if (r && sysv_undo(o, &r->perm) && same(r))
		msgctl(r->perm.id, IPC_RMID, NULL);
}

const struct resource res_inode_sysv_msg = {
	.name = "sysv_msg",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_sysv_msg_shape, &crfs_message_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.phase = PHASE_FDS,
	.read = msg_read,
	.check = msg_check,
	.make = msg_make,
	.put = msg_put,
	.undo = msg_undo,
};
