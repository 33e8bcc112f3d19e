// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces that no task of the container is in, but that a descriptor, a socket or a mount of it holds: see
 * fuse-proto/res/ns/held.c. The first that is met is kept, and all is read once more. References last until a generation
 * was taken, and no longer: these namespaces go with the container.
 */
#include <linux/fdtable.h>
#include <linux/ipc_namespace.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "res/ns/held.h"
#include "res/ns/mounts.h"
#include "res/ns/ns.h"

/* Those that are no more than what is read by going there. Return: with a reference, or not */
static bool hold(int kind, struct ns_common *c)
{
	switch (kind) {
	case NS_NET:
		get_net(container_of(c, struct net, ns));
		return true;
	case NS_UTS:
		get_uts_ns(container_of(c, struct uts_namespace, ns));
		return true;
#ifdef CONFIG_IPC_NS
	case NS_IPC:
		get_ipc_ns(container_of(c, struct ipc_namespace, ns));
		return true;
#endif
	default:
		return false;
	}
}

static int shows(const void *c, struct file *file, unsigned int fd)
{
	const struct inode *inode = file_inode(file);

	return inode->i_sb->s_magic == NSFS_MAGIC && inode->i_private == c;
}

static bool has_descriptor(struct task_struct *t, const struct ns_common *c)
{
	bool has = false;

	task_lock(t);
	if (t->files)
		has = iterate_fd(t->files, 0, shows, c);
	task_unlock(t);
	return has;
}

/* @seen: of @nr mount namespaces, those that were looked at */
struct seen {
	u32 *v;
	size_t nr;
};

/* The mounts of a mount namespace are looked at once. */
static bool has_mount(struct snap *s, struct task_struct *t, struct seen *seen, const char *name)
{
	u32 inum = ns_mnt_inum(t), id;
	size_t i;

	for (i = 0; i < seen->nr && seen->v[i] != inum; i++)
		;
	if (i < seen->nr)
		return false;
	seen->v[seen->nr++] = inum;
	/* Who is in the container's mount namespace is named for that. */
	if (!inum || (ns_known(s, str_of("mnt"), inum, &id) && id))
		return false;
	return mounts_show(s, task_tgid_nr_ns(t, s->pid_ns), name);
}

/* Does a descriptor or a mount outside show it? */
static bool is_outside(struct snap *s, const struct ns_common *c)
{
	const char *name = snap_printf(s, "%s:[%u]", c->ops->name, c->inum);
	struct task_struct **list;
	struct seen seen = { .nr = 0 };
	bool out = !name;
	size_t i, n = leaks_outside(s, &list);

	seen.v = snap_alloc(s, (n + 1) * sizeof(*seen.v));
	for (i = 0; i < n; i++) {
		if (!out && seen.v)
			out = has_descriptor(list[i], c) || has_mount(s, list[i], &seen, name);
		put_task_struct(list[i]);
		cond_resched();
	}
	return out || !seen.v;
}

bool held_meet(struct snap *s, int kind, struct ns_common *c)
{
	struct held *h, **end = s->held;

	for (; *end; end = &(*end)->next)
		if ((*end)->c == c)
			return !(*end)->outside;
	if (kind != NS_NET && kind != NS_UTS && kind != NS_IPC)
		return false;
	h = kzalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);
	snap_tried(s, h ? 0 : -ENOMEM);
	if (!h)
		return false;
	if (!hold(kind, c)) {
		kfree(h);
		return false;
	}
	h->kind = kind;
	h->c = c;
	h->outside = is_outside(s, c);
	*end = h;
	s->again |= !h->outside;
	return !h->outside;
}

void held_put(struct held *first)
{
	struct held *next;

	for (; first; first = next) {
		next = first->next;
		first->c->ops->put(first->c);
		kfree(first);
	}
}
