// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V objects: which one, in which namespace, whose; and messages, which POSIX queues have, too.
 *
 * All are looked for in the IPC namespace of the container's first task: there are none in others, or they are
 * named (res/ns/ipc.c).
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

struct ipc_namespace *sysv_home(struct snap *s)
{
	return ipc_of(sysv_task(s));
}

/* No pointer of the kernel looks like this key. */
struct cinode *sysv_inode(struct snap *s, enum sysv_kind kind, int id, struct file *file)
{
	const void *key = (const void *)((kind + 1UL) << 32 | (u32)id);
	struct cinode *n = snap_inode(s, kinds[kind], key, file);

	if (n)
		n->priv = (void *)(uintptr_t)id;
	return n;
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

	*c = (struct crfs_sysv){ .ipc_ns = sysv_task(s)->ns[NS_IPC], .id = sysv_id(n) };
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
