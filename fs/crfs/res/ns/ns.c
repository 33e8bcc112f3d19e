// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespaces the container's tasks are in, and what they are called in the tree.
 *
 * Those of the mounter are number 0 and have no file. The others are numbered from 1, over all
 * types, by first use in the order of tids; see fuse-proto/res/ns/ns.c. Whose a namespace is, its
 * own operations tell (struct proc_ns_operations).
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/ipc_namespace.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include <crfs/str.h>

#include "internal.h"
#include "res/ns/held.h"
#include "res/ns/ns.h"

static const struct {
	const char *name;
	const struct room *room;
} kinds[CRFS_NS_KINDS] = {
	[NS_PID] = { "pid", &res_ns_pid },
	[NS_MNT] = { "mnt", &res_ns_mnt },
	[NS_UTS] = { "uts", &res_ns_uts },
	[NS_NET] = { "net", &res_ns_net },
	[NS_IPC] = { "ipc", &res_ns_ipc },
	[NS_USER] = { "user", &res_ns_user },
	[NS_TIME] = { "time", &res_ns_time },
	[NS_CGROUP] = { "cgroup", &res_ns_cgroup },
};

/* struct mnt_namespace is private, and begins with its struct ns_common (fs/mount.h). */

static const struct ns_common *common(const struct nsproxy *ns, int kind)
{
	switch (kind) {
	case NS_MNT:
		return (const struct ns_common *)ns->mnt_ns;
	case NS_UTS:
		return &ns->uts_ns->ns;
	case NS_NET:
		return &ns->net_ns->ns;
#ifdef CONFIG_IPC_NS
	case NS_IPC:
		return &ns->ipc_ns->ns;
#endif
#ifdef CONFIG_TIME_NS
	case NS_TIME:
		return &ns->time_ns->ns;
#endif
	case NS_CGROUP:
		return &ns->cgroup_ns->ns;
	default:
		return NULL;
	}
}

static int look(struct task_struct *t, struct ns_numbers *n)
{
	const struct ns_common *c;
	struct pid_namespace *pid_ns;
	const struct nsproxy *ns;
	int rc = -ESTALE, kind;

	task_lock(t);
	ns = t->nsproxy;
	for (kind = 0; ns && kind < CRFS_NS_KINDS; kind++) {
		c = common(ns, kind);
		if (c)
			n->v[kind] = c->inum;
	}
	if (ns) {
		n->children = ns->pid_ns_for_children->ns.inum;
#ifdef CONFIG_TIME_NS
		n->time_children = ns->time_ns_for_children->ns.inum;
#endif
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
		if (n->inum == inum && n->nr_kind == kind)
			return n;
	return NULL;
}

static void root_of(struct ctask *t, struct path *root)
{
	*root = (struct path){};
	task_lock(t->task);
	if (t->task->fs)
		get_fs_root(t->task->fs, root);
	task_unlock(t->task);
}

/* Is it that of a mount namespace? A path of the reader ends there. Else its reference is given back. */
static bool keep_root(struct snap *s, struct path *root)
{
	const char *text = root->mnt ? path_text(s, root) : NULL;

	snap_tried(s, root->mnt && !text ? -ENOMEM : 0);
	if (text && !strcmp(text, "/"))
		return true;
	path_put(root);
	*root = (struct path){};
	return false;
}

/* The root of @t, with a reference, if it is that of its mount namespace */
static bool at_root(struct snap *s, struct ctask *t, struct path *root)
{
	root_of(t, root);
	return keep_root(s, root);
}

/* The root of the namespace that the root of @t is in, with a reference; setns(2) leads to the same. */
static bool above_root(struct snap *s, struct ctask *t, struct path *root)
{
	root_of(t, root);
	if (!root->mnt)
		return false;
	while (follow_up(root))
		;
	dput(root->dentry);
	root->dentry = dget(root->mnt->mnt_root);
	while (follow_down_one(root))
		;
	return keep_root(s, root);
}

struct ctask *ns_at_root(struct snap *s, u32 id)
{
	struct ctask *t;
	struct path root;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++)
		if (!t->zombie && t->ns[NS_MNT] == id && at_root(s, t, &root)) {
			path_put(&root);
			return t;
		}
	return NULL;
}

/* ns_root() - the root of mount namespace @id; where all its tasks are in a chroot, what that is below */
const struct path *ns_root(struct snap *s, u32 id)
{
	struct ctask *t;
	struct cns *n;

	for (n = s->ns; n && n->id != id; n = n->next)
		;
	if (n && n->root.mnt)
		return &n->root;
	if (!n)
		return NULL;
	t = ns_at_root(s, id);
	return (t ? at_root(s, t, &n->root) : above_root(s, n->task, &n->root)) ? &n->root : NULL;
}

void ns_roots_put(struct snap *s)
{
	struct cns *n;

	for (n = s->ns; n; n = n->next) {
		path_put(&n->root);
		n->root = (struct path){};
	}
}

struct net *ns_net_of(struct task_struct *t)
{
	struct net *net = NULL;

	task_lock(t);
	if (t->nsproxy)
		net = get_net(t->nsproxy->net_ns);
	task_unlock(t);
	return net;
}

struct net *ns_net(const struct cns *n)
{
	return n->task ? ns_net_of(n->task->task) : get_net(container_of(n->held, struct net, ns));
}

u32 ns_mnt_inum(struct task_struct *t)
{
	u32 inum = 0;

	task_lock(t);
	if (t->nsproxy)
		inum = common(t->nsproxy, NS_MNT)->inum;
	task_unlock(t);
	return inum;
}

/* The inode number of the user namespace that @n belongs to; 0: its task has let go of it */
static u32 owner_inum(const struct cns *n)
{
	struct task_struct *t = n->task ? n->task->task : NULL;
	const struct ns_common *c = NULL;
	struct pid_namespace *pid_ns;
	u32 inum = 0;

	if (!t)
		return n->held->ops->owner(n->held)->ns.inum;
	rcu_read_lock();
	task_lock(t);
	pid_ns = task_active_pid_ns(t);
	if (n->room == &res_ns_pid)
		c = pid_ns ? &pid_ns->ns : NULL;
	else if (t->nsproxy)
		c = common(t->nsproxy, n->nr_kind);
	if (c)
		inum = c->ops->owner((struct ns_common *)c)->ns.inum;
	task_unlock(t);
	rcu_read_unlock();
	return inum;
}

bool ns_owner(struct snap *s, const struct cns *n, u32 *id)
{
	*id = 0;
	return n->nr_kind == NS_USER || ns_user_known(s, owner_inum(n), id);
}

u32 ns_by_inum(struct snap *s, u32 inum)
{
	struct cns *n = find(s, NS_PID, inum);

	return n ? n->id : 0;
}

bool ns_user_known(struct snap *s, u32 inum, u32 *id)
{
	struct cns *n = inum ? find(s, NS_USER, inum) : NULL;

	*id = n ? n->id : 0;
	return n || (inum && s->mi->own.v[NS_USER] == inum);
}

int ns_kind(struct crfs_str name)
{
	int k;

	for (k = 0; k < CRFS_NS_KINDS; k++)
		if (crfs_str_is(&name, kinds[k].name))
			break;
	return k;
}

bool ns_known(struct snap *s, struct crfs_str kind, u64 inum, u32 *id)
{
	int k = ns_kind(kind);
	struct cns *n;

	if (k == CRFS_NS_KINDS)
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
	*n = (struct cns){ .id = ++s->nr_ns, .inum = inum, .kind = kinds[kind].name,
			   .nr_kind = kind, .room = kinds[kind].room, .task = t };
	*s->ns_end = n;
	s->ns_end = &n->next;
	return n;
}

static int meet_held(struct snap *s)
{
	const struct held *h;
	struct cns *n;

	for (h = *s->held; h; h = h->next) {
		if (h->outside)
			continue;
		n = meet(s, NULL, h->kind, h->c->inum);
		if (!n)
			return -ENOMEM;
		n->held = h->c;
	}
	return 0;
}

static int of_task(struct snap *s, struct ctask *t, const struct ns_numbers *own, u32 *children)
{
	struct ns_numbers its = { .children = 0 };
	struct cns *n;
	int kind, rc = look(t->task, &its);

	for (kind = 0; kind < CRFS_NS_KINDS && !rc; kind++) {
		if (its.v[kind] == own->v[kind])
			continue;
		n = meet(s, t, kind, its.v[kind]);
		if (!n)
			return -ENOMEM;
		t->ns[kind] = n->id;
	}
	*children = its.children == its.v[NS_PID] ? 0 : its.children;
	/* After unshare(CLONE_NEWTIME), until it makes one. */
	if (!rc && its.time_children != its.v[NS_TIME])
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "its children go to another time namespace than its own: let it make one first");
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

/* unshare(1) and its like stay in what they have made, only to wait for the container's end. */
static bool waits_for_us(const struct snap *s, const struct task_struct *p)
{
	const struct ctask *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++)
		if (!t->parent && pid_alive(t->task) && rcu_dereference(t->task->real_parent)->group_leader == p)
			return true;
	return false;
}

/* The next namespace from @n on that process @p outside is in, too. Under rcu_read_lock(). */
static struct cns *leaks_to(const struct snap *s, struct cns *n, struct task_struct *p)
{
	struct ns_numbers its = { .children = 0 };

	if (p->flags & PF_KTHREAD || p == current->group_leader || snap_task(s, p) || look(p, &its) ||
	    waits_for_us(s, p))
		return NULL;
	/* What drops packets of the container's connections, where they are, until it runs again. */
	while (n && (n->leaked || its.v[n->nr_kind] != n->inum ||
		     (n->nr_kind == NS_NET && !strcmp(p->comm, "crfs-guard"))))
		n = n->next;
	return n;
}

/* The first leak that is not named yet: who is in what */
static struct cns *next_leak(struct snap *s, pid_t *pid)
{
	struct task_struct *p;
	struct cns *n = NULL;

	rcu_read_lock();
	for_each_process(p) {
		n = leaks_to(s, s->ns, p);
		*pid = task_tgid_nr_ns(p, s->pid_ns);
		if (n)
			break;
	}
	rcu_read_unlock();
	return n;
}

/* Namespaces of the container that a process outside is in, too: after a restore it would be in another. */
static void name_leaks(struct snap *s)
{
	struct cns *n;
	pid_t pid;

	while ((n = next_leak(s, &pid))) {
		n->leaked = true;
		if (n->nr_kind == NS_USER)
			snap_lost(s, ns_obj(s, n), "process %d outside the cgroup is in it, and will not be in what comes back, which has the same ids",
				  pid);
		else
			snap_unsupported(s, -EXDEV, ns_obj(s, n), "process %d outside the cgroup is in it: end that, or move it in",
					 pid);
	}
}

const char *ns_obj(struct snap *s, const struct cns *n)
{
	return snap_printf(s, "ns/%s-%u", n->kind, n->id) ?: n->kind;
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
	rc = rc ?: meet_held(s);
	if (rc)
		return snap_fail(s, rc, "namespaces");
	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie)
			name_children(s, &s->tasks[i], children[i]);
	name_leaks(s);
	user_obstacles(s);
	for (n = s->ns; n && !rc; n = n->next)
		rc = emit(s, n);
	return rc;
}

/* ns_own() - the mounter's own, which are number 0 */
int ns_own(struct ns_numbers *own)
{
	return look(current, own);
}
