// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount namespaces: the list of mounts of each, as fuse-proto/res/ns/mnt.c and mnt_source.c have it.
 *
 * From mountinfo of a task in it, as it is at the namespace's root, and by looking up its mount points from
 * that root. The root of a mount of cgroup2 is told there as the reader's cgroup namespace has it; as
 * the container's has it, cgroup_path_ns() tells.
 */
#include <linux/cgroup.h>
#include <linux/fs_struct.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "internal.h"
#include "external.h"
#include "res/ns/mounts.h"
#include "res/ns/ns.h"

/* As in fuse-proto/res/ns/mnt.c. */
static const char *const own_types[] = { "proc", "sysfs", "devpts", "mqueue", "cgroup2", "tmpfs", "ramfs", "bpf",
					 NULL };
/* Its layers are directories that the container sees by the paths that its options say. */
static const char *const layered_types[] = { "overlay", NULL };
static const char *const host_types[] = { "hugetlbfs", "fusectl", "debugfs", "tracefs", "securityfs", "configfs",
					  "pstore", "efivarfs", "binfmt_misc", NULL };

static bool among(const char *const *types, const struct crfs_str *type)
{
	while (*types && !crfs_str_is(type, *types))
		types++;
	return *types;
}

static bool has_content(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "tmpfs") || crfs_str_is(&c->fstype, "ramfs");
}

static bool layered(const struct crfs_mount *c)
{
	return among(layered_types, &c->fstype);
}

/* One of which there is but one, whoever mounts it where: so each of its parts can be had of a new mount */
static bool is_one(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "sysfs") ||
	       (among(host_types, &c->fstype) && !crfs_str_is(&c->fstype, "hugetlbfs"));
}

static bool makeable(const struct crfs_mount *c)
{
	if (layered(c))
		return c->parent && crfs_str_is(&c->root, "/");
	return among(own_types, &c->fstype) || among(host_types, &c->fstype) ?
		       crfs_str_is(&c->root, "/") || has_content(c) || is_one(c) : false;
}

/* What begins empty, and whose content no tree carries */
static bool must_be_empty(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "hugetlbfs") || crfs_str_is(&c->fstype, "bpf");
}

bool mnt_find(struct snap *s, u32 ns, const struct crfs_str *path, struct path *at)
{
	char *name = snap_printf(s, "%.*s", (int)path->len, path->p);

	return name && !place_lookup(s, ns, name, LOOKUP_FOLLOW, at);
}

/* ---- what a mount shows ---- */

/* Does @name, the mounter's, lead to what @m shows to those in its namespace, as far as that can be told? */
static bool same(struct snap *s, const struct mntns *n, const struct crfs_mnt *m, const struct crfs_str *name)
{
	struct path a, b;
	bool yes;

	if (crfs_mnt_covered(&n->m, m) || !mnt_find(s, n->ns->id, &m->c.mountpoint, &a))
		return true;
	yes = mnt_find(s, 0, name, &b);
	if (yes) {
		yes = d_inode(a.dentry) == d_inode(b.dentry);
		path_put(&b);
	}
	path_put(&a);
	return yes;
}

/* The path below one of the mounter's mounts that shows what @m shows: of the same place, if there is one. */
static struct crfs_str bind_of(struct snap *s, const struct crfs_mnts *own, const struct mntns *n,
			       const struct crfs_mnt *m)
{
	struct crfs_str best = { .len = 0 };
	const struct crfs_mnt *o;

	for (o = own->v; o < own->v + own->nr; o++) {
		size_t root = o->c.root.len == 1 ? 0 : o->c.root.len;
		size_t point = o->c.mountpoint.len == 1 ? 0 : o->c.mountpoint.len;
		char *path;
		size_t len;

		if (strcmp(o->dev, m->dev) || !crfs_str_below(&m->c.root, &o->c.root))
			continue;
		path = snap_printf(s, "%.*s%.*s", (int)point, o->c.mountpoint.p,
				   (int)(m->c.root.len - root), m->c.root.p + root);
		len = path ? strlen(path) : 0;
		if (len > 1 && path[len - 1] == '/')
			path[len - 1] = '\0';
		if (path && !*path)
			path = "/";
		if (path && (!best.len || crfs_str_is(&m->c.mountpoint, path))) {
			struct crfs_str p = str_of(path);

			best = same(s, n, m, &p) ? p : best;
		}
	}
	return best;
}

/* Of those without a bind, the mount of the same filesystem that shows most of what @x is in; the first such */
static struct crfs_mnt *whole(struct mntall *all, size_t at, const struct crfs_mnt *x, u32 *ns)
{
	struct crfs_mnt *best = NULL, *m;
	size_t k;

	for (k = 0; k < all->nr; k++)
		for (m = all->v[k].m.v; m < all->v[k].m.v + all->v[k].m.nr; m++) {
			/* Roots of mounts of cgroup2 are each namespace's own. */
			if (strcmp(m->dev, x->dev) || m->c.bind.len || m->inside != x->inside ||
			    (m->inside && k != at) || !crfs_str_below(&x->c.root, &m->c.root) ||
			    (best && m->c.root.len >= best->c.root.len))
				continue;
			best = m;
			*ns = all->v[k].ns->id;
		}
	return best;
}

/* Which pid namespace a proc shows; one that is covered cannot be asked. */
static void find_pids(struct snap *s, const struct mntns *n, struct crfs_mnt *m)
{
	struct path at;
	u32 inum = 0;

	if (mnt_find(s, n->ns->id, &m->c.mountpoint, &at)) {
		if (at.dentry->d_sb->s_magic == PROC_SUPER_MAGIC)
			inum = proc_pid_ns(at.dentry->d_sb)->ns.inum;
		path_put(&at);
	}
	m->c.pid_ns = inum ? ns_by_inum(s, inum) : 0;
	m->foreign = !m->c.pid_ns && inum != s->mi->own.v[NS_PID];
}

static void sources(struct snap *s, struct mntall *all)
{
	struct mntns *n;
	struct crfs_mnt *m, *w;
	u32 ns = 0;

	for (n = all->v; n < all->v + all->nr; n++)
		for (m = n->m.v; m < n->m.v + n->m.nr; m++)
			if (!m->inside)
				m->c.bind = bind_of(s, &all->own, n, m);
	for (n = all->v; n < all->v + all->nr; n++)
		for (m = n->m.v; m < n->m.v + n->m.nr; m++) {
			w = m->c.bind.len || crfs_mnt_nsfs(&m->c) ? NULL : whole(all, n - all->v, m, &ns);
			if (w && w != m) {
				m->c.of_ns = ns;
				m->c.of = w->c.id;
			} else if (w == m && crfs_str_is(&m->c.fstype, "proc")) {
				find_pids(s, n, m);
			}
		}
}

/* ---- peer groups ---- */

static bool in_group(const struct crfs_mnts *m, unsigned int group)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].shared == group)
			return true;
	return false;
}

/* The number that a peer group has got in the tree; 0: none yet */
static u32 number(const struct mntall *all, unsigned int group)
{
	const struct mntns *n;
	const struct crfs_mnt *m;

	for (n = all->v; n < all->v + all->nr; n++)
		for (m = n->m.v; m < n->m.v + n->m.nr; m++)
			if (m->shared == group && m->c.shared)
				return m->c.shared;
	return 0;
}

/* Peer groups get small numbers, by first use, over all namespaces. */
static void groups(struct mntall *all)
{
	struct mntns *n;
	struct crfs_mnt *m;
	u32 nr = 0;

	for (n = all->v; n < all->v + all->nr; n++)
		for (m = n->m.v; m < n->m.v + n->m.nr; m++)
			if (m->shared)
				m->c.shared = number(all, m->shared) ?: ++nr;
	for (n = all->v; n < all->v + all->nr; n++)
		for (m = n->m.v; m < n->m.v + n->m.nr; m++)
			if (m->master)
				m->c.master = number(all, m->master) ?: CRFS_MASTER_OUTSIDE;
}

/* ---- reading them ---- */

/* The cgroup at the root of the mount that is found at @m's mount point, as @t's cgroup namespace has it */
static char *cgroup_root(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *root = NULL;
	struct cgroup_namespace *ns = NULL;
	struct cgroup *cg;
	struct path at, top;

	snap_tried(s, buf ? 0 : -ENOMEM);
	if (!buf || crfs_mnt_covered(&n->m, m) || !mnt_find(s, n->ns->id, &m->c.mountpoint, &at))
		goto out;
	task_lock(n->ns->task->task);
	if (n->ns->task->task->nsproxy) {
		ns = n->ns->task->task->nsproxy->cgroup_ns;
		get_cgroup_ns(ns);
	}
	task_unlock(n->ns->task->task);
	top = (struct path){ .mnt = at.mnt, .dentry = at.mnt->mnt_root };
	if (ns && !cgroup_of(&top, &cg)) {
		if (cgroup_path_ns(cg, buf, PATH_MAX, ns) >= 0)
			root = snap_printf(s, "%s", buf);
		cgroup_put(cg);
	}
	if (ns)
		put_cgroup_ns(ns);
	path_put(&at);
out:
	kfree(buf);
	return root;
}

/* Roots of mounts of cgroup2 are told as seen from the cgroup namespace of who asks. */
static void cgroup_roots(struct snap *s, struct mntns *n)
{
	struct crfs_mnt *m;
	char *root;

	if (!n->ns->task->ns[NS_CGROUP])
		return;
	for (m = n->m.v; m < n->m.v + n->m.nr; m++) {
		root = crfs_str_is(&m->c.fstype, "cgroup2") ? cgroup_root(s, n, m) : NULL;
		if (root && strncmp(root, "/..", 3) && !crfs_str_is(&m->c.root, root)) {
			m->c.root = str_of(root);
			m->inside = true;
		}
	}
}

static int read_one(struct snap *s, struct mntns *n)
{
	struct ctask *t = ns_at_root(s, n->ns->id);
	const struct path *root = t ? NULL : ns_root(s, n->ns->id);
	int rc = t || root ? mounts_read(s, t ?: n->ns->task, root, &n->m) : -EXDEV;

	/* Its root may be one of another namespace, where no mount can be seen from. */
	n->t = rc || !n->m.nr ? NULL : t ?: n->ns->task;
	if (n->t)
		cgroup_roots(s, n);
	return rc == -EXDEV ? 0 : rc;
}

static int read_all(struct snap *s, struct mntall *all)
{
	struct cns *n;
	int rc;

	for (n = s->ns; n; n = n->next)
		all->nr += n->nr_kind == NS_MNT;
	all->v = snap_alloc(s, all->nr * sizeof(*all->v));
	all->nr = 0;
	rc = all->v ? mounts_read(s, NULL, NULL, &all->own) : -ENOMEM;
	for (n = s->ns; n && !rc; n = n->next)
		if (n->nr_kind == NS_MNT) {
			all->v[all->nr].ns = n;
			rc = read_one(s, &all->v[all->nr++]);
		}
	if (rc)
		return rc;
	groups(all);
	sources(s, all);
	return 0;
}

/* All are read with the first. */
static struct mntall *all_of(struct snap *s)
{
	struct mntall *all = s->mounts ?: snap_alloc(s, sizeof(*all));
	int rc = all ? 0 : -ENOMEM;

	if (!rc && !s->mounts)
		rc = read_all(s, all);
	if (rc)
		return ERR_PTR(rc);
	return s->mounts = all;
}

/* ---- what cannot be carried ---- */

/* What is in a tmpfs or ramfs of the namespace's own travels as an inode of the tree. */
static int carry_content(struct snap *s, const char *obj, const struct mntns *n, const struct crfs_mnt *m)
{
	const struct crfs_str *point = &m->c.mountpoint;
	struct path at;
	bool found = mnt_find(s, n->ns->id, point, &at);
	int rc = 0;

	if (!found || !d_is_dir(at.dentry) || !mnt_is_dev(at.dentry->d_sb, m->dev))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "mount %.*s: a %.*s of its own that is mounted over: unmount one",
				 (int)point->len, point->p, (int)m->c.fstype.len, m->c.fstype.p);
	else if (must_be_empty(&m->c) && !tmpfs_empty(s, &at))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "mount %.*s (%.*s): what is in it cannot be carried: remove it",
				 (int)point->len, point->p, (int)m->c.fstype.len, m->c.fstype.p);
	else if (!must_be_empty(&m->c) && !tmpfs_empty(s, &at))
		rc = tmpfs_inode(s, &at, n->ns->id, point);
	if (found)
		path_put(&at);
	return rc;
}

/* Of several mounts of one deleted file the first has it. */
static bool is_first(const struct mntall *all, const struct crfs_mnt *m)
{
	const struct mntns *n;
	const struct crfs_mnt *x;

	for (n = all->v; n < all->v + all->nr; n++)
		for (x = n->m.v; x < n->m.v + n->m.nr; x++)
			if (!strcmp(x->dev, m->dev) && crfs_str_eq(&x->c.root, &m->c.root))
				return x == m;
	return true;
}

/* Is what is at @x in @n what was deleted? With a reference then */
static bool gone_at(struct snap *s, const struct mntns *n, const struct crfs_mnt *x, struct path *at)
{
	const struct inode *inode;

	if (!mnt_find(s, n->ns->id, &x->c.mountpoint, at))
		return false;
	inode = d_inode(at->dentry);
	if (!inode->i_nlink && mnt_is_dev(inode->i_sb, x->dev) &&
	    (S_ISREG(inode->i_mode) || S_ISFIFO(inode->i_mode) || S_ISDIR(inode->i_mode)))
		return true;
	path_put(at);
	return false;
}

/* What was deleted in a filesystem of the container's own, where a mount of it can be seen */
static bool find_gone(struct snap *s, const struct mntall *all, const struct crfs_mnt *m, struct path *at)
{
	const struct mntns *n;
	const struct crfs_mnt *x;

	for (n = all->v; n < all->v + all->nr; n++)
		for (x = n->m.v; n->t && x < n->m.v + n->m.nr; x++)
			if (!strcmp(x->dev, m->dev) && crfs_str_eq(&x->c.root, &m->c.root) && gone_at(s, n, x, at))
				return true;
	return false;
}

static void refuse(struct snap *s, const char *obj, const struct crfs_mnt *m, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s (%.*s): %s", (int)m->c.mountpoint.len,
			 m->c.mountpoint.p, (int)m->c.fstype.len, m->c.fstype.p, why);
}

static int name_obstacles(struct snap *s, const char *obj, const struct mntns *n, const struct mntall *all,
			  struct crfs_mnt *m)
{
	struct crfs_mount *c = &m->c;
	struct path at;
	int rc;

	if (m->shared && in_group(&all->own, m->shared))
		snap_unsupported(s, -EXDEV, obj,
				 "mount %.*s is shared with one outside the container: make it private or a slave",
				 (int)c->mountpoint.len, c->mountpoint.p);
	if (m->unbindable)
		refuse(s, obj, m, "is unbindable, which cannot be carried: make it private");
	if (strnstr(c->options.p, "idmapped", c->options.len))
		refuse(s, obj, m, "is idmapped, which cannot be carried: mount it without");
	if (c->of && crfs_mnt_gone(c) && is_first(all, m)) {
		if (has_content(c) && find_gone(s, all, m, &at)) {
			rc = tmpfs_inode(s, &at, n->ns->id, &c->mountpoint);
			path_put(&at);
			return rc;
		}
		refuse(s, obj, m, "shows what was deleted, which cannot be carried: unmount it");
	}
	if (c->bind.len || c->of || (crfs_mnt_nsfs(c) && mnt_nsfs_name(s, n, c)))
		return 0;
	if (!makeable(c))
		refuse(s, obj, m, "not mounted where crfs is, and cannot be made again: mount it there too");
	else if (layered(c) && !layers_seen(s, n->ns->id, c))
		refuse(s, obj, m, "its layers are not where its options say, as absolute paths: mount it so");
	else if (mnt_other_queues(s, n, m))
		refuse(s, obj, m,
		       "shows the queues of another IPC namespace than that of the first task in it, which cannot be carried yet: unmount it");
	else if (mnt_other_net(s, n, m))
		refuse(s, obj, m,
		       "shows the network of another namespace than that of the first task in it, which cannot be carried yet: unmount it");
	else if (m->foreign)
		refuse(s, obj, m, "shows a pid namespace that no task is in: mount it anew");
	else if (has_content(c) || must_be_empty(c))
		return carry_content(s, obj, n, m);
	return 0;
}

static int mnt_read(struct snap *s, void *obj, struct text *out)
{
	struct mntall *all = all_of(s);
	struct mntns *n = IS_ERR(all) ? NULL : all->v;
	struct cns *ns = obj;
	const char *o = ns_obj(s, ns);
	size_t i;
	int rc = 0;

	if (!n)
		return PTR_ERR(all);
	while (n->ns != ns)
		n++;
	text_section(out, &crfs_mount_shape);
	if (!n->t)
		snap_unsupported(s, -EOPNOTSUPP, o, "no task in it has its root: none can tell its mounts");
	for (i = 0; i < n->m.nr && !rc; i++) {
		rc = external_bind(s, &n->m.v[i].c) ?: name_obstacles(s, o, n, all, &n->m.v[i]);
		text_rec(out, &crfs_mount_shape, &n->m.v[i].c);
	}
	return rc;
}

const struct room res_ns_mnt = {
	.name = "mnt",
	.scope = PER_NS,
	.read = mnt_read,
};
