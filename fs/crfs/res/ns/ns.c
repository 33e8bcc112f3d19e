// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespaces the container's tasks are in, and what they are called in the tree.
 *
 * Those of the mounter are number 0 and have no file. The others are numbered from 1, over all
 * types, by first use in the order of tids; see fuse-proto/res/ns/ns.c. Mount namespaces get
 * their number, and are refused: the kernel filesystem does not carry them yet.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "internal.h"
#include "res/ns/ns.h"

_Static_assert(CRFS_NS_KINDS == 8, "one number a kind");
enum { NS_PID, NS_MNT, NS_UTS, NS_NET, NS_IPC, NS_USER, NS_TIME, NS_CGROUP, NR_KINDS };

static const struct {
	const char *name;
	const struct room *room;
	bool numbered;
	const char *why;
} kinds[NR_KINDS] = {
	[NS_PID] = { "pid", &res_ns_pid, true, NULL },
	[NS_MNT] = { "mnt", NULL, true, "the kernel filesystem does not carry it yet: use -t fuse.crfs" },
	[NS_UTS] = { "uts", &res_ns_uts, true, NULL },
	[NS_NET] = { "net", NULL, false, "run it in the network namespace that crfs is mounted in" },
	[NS_IPC] = { "ipc", NULL, false, "run it in the IPC namespace that crfs is mounted in" },
	[NS_USER] = { "user", NULL, false, "run it in the user namespace that crfs is mounted in" },
	[NS_TIME] = { "time", NULL, false, "run it in the time namespace that crfs is mounted in" },
	[NS_CGROUP] = { "cgroup", NULL, false, "run it in the cgroup namespace that crfs is mounted in" },
};

/* struct mnt_namespace is private, and begins with its struct ns_common (fs/mount.h). */
static u32 inum_mnt(const struct nsproxy *ns)
{
	return ((const struct ns_common *)ns->mnt_ns)->inum;
}

static int look(struct task_struct *t, struct ns_numbers *n)
{
	struct pid_namespace *pid_ns;
	const struct nsproxy *ns;
	int rc = -ESTALE;

	task_lock(t);
	ns = t->nsproxy;
	if (ns) {
		n->v[NS_MNT] = inum_mnt(ns);
		n->v[NS_UTS] = ns->uts_ns->ns.inum;
		n->v[NS_NET] = ns->net_ns->ns.inum;
#ifdef CONFIG_IPC_NS
		n->v[NS_IPC] = ns->ipc_ns->ns.inum;
#endif
#ifdef CONFIG_TIME_NS
		n->v[NS_TIME] = ns->time_ns->ns.inum;
#endif
		n->v[NS_CGROUP] = ns->cgroup_ns->ns.inum;
		n->children = ns->pid_ns_for_children->ns.inum;
		rc = 0;
	}
	task_unlock(t);
	rcu_read_lock();
	pid_ns = task_active_pid_ns(t);
	n->v[NS_PID] = pid_ns ? pid_ns->ns.inum : 0;
	n->v[NS_USER] = __task_cred(t)->user_ns->ns.inum;
	rcu_read_unlock();
	return rc;
}

static struct cns *find(struct snap *s, int kind, u32 inum)
{
	struct cns *n;

	for (n = s->ns; n; n = n->next)
		if (n->inum == inum && n->kind == kinds[kind].name)
			return n;
	return NULL;
}

u32 ns_by_inum(struct snap *s, u32 inum)
{
	struct cns *n = find(s, NS_PID, inum);

	return n ? n->id : 0;
}

bool ns_known(struct snap *s, struct crfs_str kind, u64 inum, u32 *id)
{
	struct cns *n;
	int k;

	for (k = 0; k < NR_KINDS; k++)
		if (strlen(kinds[k].name) == kind.len && !memcmp(kinds[k].name, kind.p, kind.len))
			break;
	if (k == NR_KINDS)
		return false;
	n = find(s, k, inum);
	*id = n ? n->id : 0;
	return n || s->mi->own.v[k] == inum;
}

static struct cns *meet(struct snap *s, struct ctask *t, int kind, u32 inum)
{
	struct cns *n = find(s, kind, inum);

	if (n)
		return n;
	n = snap_alloc(s, sizeof(*n));
	if (!n)
		return NULL;
	*n = (struct cns){ .inum = inum, .kind = kinds[kind].name, .room = kinds[kind].room,
			   .task = t };
	*s->ns_end = n;
	s->ns_end = &n->next;
	if (kinds[kind].numbered)
		n->id = ++s->nr_ns;
	if (kinds[kind].why)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "%s namespace of its own, which cannot be carried yet: %s",
				 kinds[kind].name, kinds[kind].why);
	return n;
}

static int of_task(struct snap *s, struct ctask *t, const struct ns_numbers *own, u32 *children)
{
	struct ns_numbers its;
	struct cns *n;
	int kind, rc = look(t->task, &its);

	for (kind = 0; kind < NR_KINDS && !rc; kind++) {
		if (its.v[kind] == own->v[kind])
			continue;
		n = meet(s, t, kind, its.v[kind]);
		if (!n)
			return -ENOMEM;
		if (kind == NS_PID)
			t->pid_ns = n->id;
		else if (kind == NS_MNT)
			t->mnt_ns = n->id;
		else if (kind == NS_UTS)
			t->uts_ns = n->id;
	}
	*children = its.children == its.v[NS_PID] ? 0 : its.children;
	return rc;
}

/*
 * After unshare(CLONE_NEWPID) a task's children are born in another pid namespace than its own.
 */
static void name_children(struct snap *s, struct ctask *t, u32 inum)
{
	struct cns *n = inum ? find(s, NS_PID, inum) : NULL;

	if (!inum)
		return;
	if (n && t->leader == t)
		t->children_pid_ns = n->id;
	else
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "its children go to a pid namespace that has no process here: leave it outside the cgroup, or let it make one");
}

/* One of its own, and everybody in it: what can be put back. */
static void refuse_mixture(struct snap *s, size_t at, const char *kind)
{
	struct ctask *first = NULL, *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		if (t->zombie)
			continue;
		first = first ?: t;
		if (*(u32 *)((char *)t + at) == *(u32 *)((char *)first + at))
			continue;
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "in another %s namespace than tasks/%d: containers with more than one cannot be carried yet",
				 kind, first->vtid);
		return;
	}
}

static int emit(struct snap *s, struct cns *n)
{
	struct cnode *dir = tree_dir(s->tree, s->tree->root, CRFS_NS);
	struct text out = { .failed = false };
	char name[32], *text;
	size_t len;
	int rc = n->room->read(s, n, &out);

	snprintf(name, sizeof(name), "%s-%u", n->kind, n->id);
	if (!rc && (out.failed || !dir))
		rc = -ENOMEM;
	if (rc) {
		text_free(&out);
		return rc;
	}
	text = text_take(&out, &len);
	return tree_text(s->tree, dir, name, text, len) ? 0 : -ENOMEM;
}

int ns_emit(struct snap *s)
{
	u32 *children = snap_alloc(s, s->nr_tasks * sizeof(*children));
	const struct ns_numbers *own = &s->mi->own;
	struct cns *n;
	size_t i;
	int rc = children ? 0 : -ENOMEM;

	for (i = 0; i < s->nr_tasks && !rc; i++)
		if (!s->tasks[i].zombie)
			rc = of_task(s, &s->tasks[i], own, &children[i]);
	if (rc)
		return snap_fail(s, rc, "namespaces");
	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie)
			name_children(s, &s->tasks[i], children[i]);
	refuse_mixture(s, offsetof(struct ctask, mnt_ns), "mnt");
	refuse_mixture(s, offsetof(struct ctask, uts_ns), "uts");
	for (n = s->ns; n && !rc; n = n->next)
		if (n->room)
			rc = emit(s, n);
	return rc;
}

/* ns_own() - the mounter's own, which are number 0 */
int ns_own(struct ns_numbers *own)
{
	return look(current, own);
}
