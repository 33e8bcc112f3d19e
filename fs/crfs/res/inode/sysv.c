// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V objects: which one, in which namespace, whose; and messages, which POSIX queues have, too.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

static const struct room *const kinds[] = {
	[SYSV_SEM] = &res_inode_sysv_sem,
	[SYSV_MSG] = &res_inode_sysv_msg,
	[SYSV_SHM] = &res_inode_sysv_shm,
};

struct ctask *sysv_task(const struct snap *s)
{
	struct ctask *t = s->tasks;

	while (t < s->tasks + s->nr_tasks - 1 && t->zombie)
		t++;
	return t;
}

/* Of the mounter's, one who is in no other. */
static const struct ctask *in_mounters(const struct snap *s)
{
	const struct ctask *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++)
		if (!t->zombie && !t->ns[NS_IPC])
			return t;
	return sysv_task(s);
}

struct ipc_namespace *sysv_in(const struct snap *s, u32 id)
{
	const struct cns *n = s->ns;

	while (n && (n->id != id || n->nr_kind != NS_IPC))
		n = n->next;
	return n ? ipc_in(n) : ipc_of(in_mounters(s));
}

/* No pointer of the kernel looks like this key. */
struct cinode *sysv_inode(struct snap *s, u32 ns, enum sysv_kind kind, int id, struct file *file)
{
	const void *key = (const void *)((u64)ns << 34 | (kind + 1UL) << 32 | (u32)id);
	struct cinode *n = snap_inode(s, kinds[kind], key, file);

	if (n)
		n->priv = (void *)((u64)ns << 32 | (u32)id);
	return n;
}

/* A zombie has let go of its namespaces. */
static u32 ipc_id(const struct snap *s, const struct ctask *t)
{
	const struct ctask *k;

	if (!t->zombie)
		return t->ns[NS_IPC];
	for (k = s->tasks; k < s->tasks + s->nr_tasks; k++)
		if (!k->zombie && k->leader == t)
			return k->ns[NS_IPC];
	return t->parent && !t->parent->zombie ? t->parent->ns[NS_IPC] : 0;
}

pid_t sysv_user(const struct snap *s, const struct cinode *n, struct pid *pid)
{
	const struct task_struct *task;
	const struct ctask *t;

	rcu_read_lock();
	task = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
	t = task ? snap_task(s, task) : NULL;
	rcu_read_unlock();
	return t && ipc_id(s, t) == sysv_ns(n) ? snap_vpid(s, pid) : 0;
}

struct kern_ipc_perm *sysv_find(struct ipc_namespace *ns, enum sysv_kind kind, int id)
{
	struct kern_ipc_perm *p;
	int i;

	idr_for_each_entry(&ns->ids[kind].ipcs_idr, p, i)
		if (p->id == id)
			return p;
	return NULL;
}

void sysv_perm(struct snap *s, const struct cinode *n, const struct kern_ipc_perm *p, struct crfs_sysv *c)
{
	struct user_namespace *user_ns = s->mi->cred->user_ns;

	*c = (struct crfs_sysv){ .ipc_ns = sysv_ns(n), .id = sysv_id(n) };
	if (!p)
		return;
	c->key = p->key;
	c->mode = p->mode & 0777;
	c->uid = from_kuid_munged(user_ns, p->uid);
	c->gid = from_kgid_munged(user_ns, p->gid);
	c->cuid = from_kuid_munged(user_ns, p->cuid);
	c->cgid = from_kgid_munged(user_ns, p->cgid);
}

/* ipc/msgutil.c: what does not fit in the first page goes on in others. */
struct msg_msgseg {
	struct msg_msgseg *next;
};

void msg_copy(const struct msg_msg *m, char *to)
{
	size_t left = m->m_ts, n = min(left, (size_t)PAGE_SIZE - sizeof(*m));
	const struct msg_msgseg *seg;

	memcpy(to, m + 1, n);
	for (seg = m->next; seg; seg = seg->next) {
		to += n;
		left -= n;
		n = min(left, (size_t)PAGE_SIZE - sizeof(*seg));
		memcpy(to, seg + 1, n);
	}
}
