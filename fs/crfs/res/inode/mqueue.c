// SPDX-License-Identifier: GPL-2.0-only
/*
 * A POSIX message queue: mq_overview(7). Its struct is private to ipc/mqueue.c, and the same from 6.1 to 6.12 as
 * far as it is looked at. Messages are copied, and stay where they are.
 */
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/mqueue.h>
#include <linux/msg.h>
#include <linux/namei.h>
#include <linux/rbtree.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/stat.h>

#include <crfs/res/inode/mqueue.h>

#include "internal.h"
#include "res/inode/mqueue.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

/* @msg_list: of messages, first in first; @priority: of all of them */
struct posix_msg_tree_node {
	struct rb_node rb_node;
	struct list_head msg_list;
	int priority;
};

/* The beginning of it */
struct mqueue_inode_info {
	spinlock_t lock;
	struct inode vfs_inode;
	wait_queue_head_t wait_q;
	struct rb_root msg_tree;
	struct rb_node *msg_tree_rightmost;
	struct posix_msg_tree_node *node_cache;
	struct mq_attr attr;
	struct sigevent notify;
	struct pid *notify_owner;
};

/** struct look - a queue, copied under its lock; @row, @data: kvmalloc'ed, with room for @nr and @len bytes */
struct look {
	struct mq_attr attr;
	struct sigevent notify;
	struct pid *owner;
	struct crfs_mq_message *row;
	char *data;
	size_t nr, len;
};

static struct mqueue_inode_info *info_of(const struct cinode *n)
{
	return container_of(file_inode(n->file), struct mqueue_inode_info, vfs_inode);
}

struct cinode *mqueue_inode(struct snap *s, struct file *file)
{
	return snap_inode(s, &res_inode_mqueue, file_inode(file), get_file(file));
}

static bool is_of(const struct snap *s, const struct file *file, u32 id)
{
	struct ipc_namespace *ns = sysv_in(s, id);
	bool is = ns && ns->mq_mnt && ns->mq_mnt->mnt_sb == file_inode(file)->i_sb;

	if (ns)
		ipc_drop(ns);
	return is;
}

bool mqueue_ns(const struct snap *s, const struct file *file, u32 *id)
{
	const struct cns *n = s->ns;

	while (n && (n->nr_kind != NS_IPC || !is_of(s, file, n->id)))
		n = n->next;
	*id = n ? n->id : 0;
	return n || is_of(s, file, 0);
}

/* As they will be received. As much of it as there is room for. Return: was there? */
static bool copy(const struct mqueue_inode_info *info, struct look *l)
{
	const struct posix_msg_tree_node *leaf;
	const struct msg_msg *m;
	size_t nr = 0, len = 0;
	struct rb_node *rb;

	l->attr = info->attr;
	l->notify = info->notify;
	l->owner = get_pid(info->notify_owner);
	for (rb = rb_last(&info->msg_tree); rb; rb = rb_prev(rb)) {
		leaf = rb_entry(rb, struct posix_msg_tree_node, rb_node);
		list_for_each_entry(m, &leaf->msg_list, m_list) {
			if (nr < l->nr && len + m->m_ts <= l->len) {
				l->row[nr] = (struct crfs_mq_message){ leaf->priority, m->m_ts };
				msg_copy(m, l->data + len);
			}
			nr++;
			len += m->m_ts;
		}
	}
	swap(nr, l->nr);
	swap(len, l->len);
	return l->nr <= nr && l->len <= len;
}

static void free_look(struct look *l)
{
	put_pid(l->owner);
	kvfree(l->row);
	kvfree(l->data);
	l->owner = NULL;
	l->row = NULL;
	l->data = NULL;
}

/* Memory cannot be asked for under the lock, and somebody outside may put more in meanwhile. */
static int look(struct mqueue_inode_info *info, struct look *l)
{
	bool done;

	*l = (struct look){ .nr = 0 };
	do {
		free_look(l);
		l->row = kvcalloc(l->nr + 1, sizeof(*l->row), GFP_KERNEL);
		l->data = kvmalloc(l->len + 1, GFP_KERNEL);
		if (!l->row || !l->data) {
			free_look(l);
			return -ENOMEM;
		}
		spin_lock(&info->lock);
		done = copy(info, l);
		spin_unlock(&info->lock);
	} while (!done);
	return 0;
}

/* Names do not change: there is no rename. */
static int read_name(struct snap *s, const struct cinode *n, struct crfs_mqueue *r)
{
	char *name = snap_printf(s, "%pd", n->file->f_path.dentry);

	r->name = str_of(name);
	return name ? 0 : -ENOMEM;
}

static void read_notify(struct snap *s, const struct cinode *n, const struct look *l, struct crfs_mqueue *r)
{
	const char *obj = snap_obj(s, "inodes", n->id);
	const struct sigevent *e = &l->notify;
	const pid_t pid = l->owner ? pid_nr_ns(l->owner, s->pid_ns) : 0;
	const pid_t v = snap_vpid(s, l->owner);
	struct task_struct *task;
	struct ctask *t;

	if (!pid)
		return;
	r->process = v;
	r->notify = e->sigev_notify == SIGEV_SIGNAL ? CRFS_MQ_SIGNAL : CRFS_MQ_NONE;
	r->signal = e->sigev_notify == SIGEV_SIGNAL ? e->sigev_signo : 0;
	rcu_read_lock();
	task = v ? pid_task(l->owner, PIDTYPE_PID) : NULL;
	t = task ? snap_task(s, task) : NULL;
	rcu_read_unlock();
	if (!t)
		snap_unsupported(s, -EXDEV, obj, "process %d outside the container is to be told of messages (mq_notify): end it",
				 pid);
	else if (!t->zombie && t->files != t)
		snap_unsupported(s, -EOPNOTSUPP, obj, "tasks/%d is to be told of messages (mq_notify), and has its descriptors in common with another process: end one of them",
				 t->vtid);
	else if (e->sigev_notify == SIGEV_THREAD)
		snap_unsupported(s, -EOPNOTSUPP, obj, "a thread is to be started when a message comes (mq_notify, SIGEV_THREAD): let the program use a signal");
	else if (e->sigev_notify == SIGEV_SIGNAL)
		r->value = (uintptr_t)e->sigev_value.sival_ptr;
}

static void fill(struct snap *s, const struct cinode *n, const struct kstat *st, const struct look *l,
		 struct crfs_mqueue *r)
{
	*r = (struct crfs_mqueue){
		.unlinked = !st->nlink, .mode = st->mode & 07777,
		.uid = from_kuid_munged(s->mi->cred->user_ns, st->uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, st->gid),
		.maxmsg = l->attr.mq_maxmsg, .msgsize = l->attr.mq_msgsize,
	};
	mqueue_ns(s, n->file, &r->ipc_ns);
	read_notify(s, n, l, r);
}

/* A new message in an empty queue would be told: a queue with both is refused. */
static int write(struct snap *s, const struct cinode *n, const struct crfs_mqueue *r, struct look *l,
		 struct text *out)
{
	const bool both = r->process && l->nr;
	char *data = l->data;
	size_t i;

	if (both)
		snap_unsupported(s, -EBUSY, snap_obj(s, "inodes", n->id),
				 "%zu messages wait in queue /%s, and tasks/%u is to be told of the next (mq_notify): let the program receive them",
				 l->nr, r->name.p, r->process);
	text_section(out, &crfs_mqueue_shape);
	text_rec(out, &crfs_mqueue_shape, r);
	text_section(out, &crfs_mq_message_shape);
	for (i = 0; i < l->nr && !both; i++)
		text_rec(out, &crfs_mq_message_shape, &l->row[i]);
	l->data = NULL;		/* taken over */
	return tree_text(s->tree, n->dir, "data", data, both ? 0 : l->len) ? 0 : -ENOMEM;
}

/* Its description is given back at once: it would keep the queue when the container is gone. */
static int mqueue_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct crfs_mqueue r;
	struct kstat st;
	struct look l;
	int rc = vfs_getattr(&n->file->f_path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (!rc)
		rc = look(info_of(n), &l);
	if (rc)
		return rc;
	fill(s, n, &st, &l, &r);
	rc = read_name(s, n, &r);
	if (!rc)
		rc = write(s, n, &r, &l, out);
	free_look(&l);
	fput(n->file);
	n->file = NULL;
	return rc;
}

/* ---- all of a namespace ---- */

/** struct names - of queues; @v: in the pool */
struct names {
	struct dir_context ctx;
	struct snap *s;
	char **v;
	size_t nr, cap;
	bool failed;
};

static bool add_name(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct names *l = container_of(ctx, struct names, ctx);
	char **v, *copy;

	if (*name == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	v = snap_grow(l->s, l->v, l->nr, &l->cap, sizeof(*v));
	copy = snap_printf(l->s, "%.*s", len, name);
	l->failed = !v || !copy;
	if (l->failed)
		return false;
	l->v = v;
	v[l->nr++] = copy;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The kernel has the newest first. */
static int list(struct snap *s, const struct path *root, struct names *l)
{
	struct file *dir = dentry_open(root, O_RDONLY | O_DIRECTORY, current_cred());
	int rc;

	*l = (struct names){ .ctx.actor = add_name, .s = s };
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	rc = iterate_dir(dir, &l->ctx);
	fput(dir);
	if (!rc && l->nr)
		sort(l->v, l->nr, sizeof(*l->v), by_name, NULL);
	return l->failed ? -ENOMEM : rc;
}

static int note(struct snap *s, const struct path *root, const char *name)
{
	struct cinode *n = NULL;
	struct path at;
	struct file *f;
	int rc = vfs_path_lookup(root->dentry, root->mnt, name, 0, &at);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	f = dentry_open(&at, O_RDONLY | O_NONBLOCK, current_cred());
	path_put(&at);
	if (IS_ERR(f))
		return PTR_ERR(f);
	n = mqueue_inode(s, f);
	fput(f);
	return n ? 0 : -ENOMEM;
}

int mqueue_list(struct snap *s, struct ipc_namespace *ns)
{
	struct path root = { .mnt = ns->mq_mnt, .dentry = ns->mq_mnt->mnt_root };
	struct names l;
	size_t i;
	int rc = list(s, &root, &l);

	for (i = 0; i < l.nr && !rc; i++)
		rc = note(s, &root, l.v[i]);
	return rc;
}

const struct room res_inode_mqueue = {
	.name = "mqueue",
	.scope = PER_INODE,
	.read = mqueue_read,
};
