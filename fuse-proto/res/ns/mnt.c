// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mount namespaces: the list of mounts of each.
 *
 * From mountinfo of a task in it whose root is the namespace's. What a mount shows is not carried:
 * file systems are those of the machine. `bind` is the path in the mounter's namespace that shows
 * the same; a mount that has none is of a filesystem that the container has made: of its first mount
 * the type is enough (proc, sysfs, ...; the content of a tmpfs or ramfs is an inode of the tree,
 * inode/tmpfs), and the others name that one. Peer groups span namespaces.
 * Refused: other types, and mounts shared with one outside (a leak). Put back: mnt_make.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "external.h"
#include "mnt.h"
#include "proc.h"
#include "res/inode/tmpfs.h"
#include "rooms.h"
#include "scout.h"
#include "visit.h"

static const char key;

/* Those that a container mounts by itself, also in a user namespace */
static const char *const own_types[] = { "proc", "sysfs", "devpts", "mqueue", "cgroup2", "tmpfs", "ramfs", "bpf",
					 NULL };
/* Its layers are directories that the container sees by the paths that its options say. */
static const char *const layered_types[] = { "overlay", NULL };
/* Those of the first user namespace alone: of all but hugetlbfs there is one, whoever mounts it */
static const char *const host_types[] = { "hugetlbfs", "fusectl", "debugfs", "tracefs", "securityfs", "configfs",
					  "pstore", "efivarfs", "binfmt_misc", NULL };

static bool among(const char *const *types, const struct crfs_str *type)
{
	while (*types && !crfs_str_is(type, *types))
		types++;
	return *types;
}

/* One of which there is but one, whoever mounts it where: so each of its parts can be had of a new mount */
static bool is_one(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "sysfs") || (mnt_host_type(c) && !crfs_str_is(&c->fstype, "hugetlbfs"));
}

bool mnt_makeable(const struct crfs_mount *c)
{
	if (mnt_layered(c))
		return c->parent && crfs_str_is(&c->root, "/");
	return among(own_types, &c->fstype) || mnt_host_type(c) ?
	       crfs_str_is(&c->root, "/") || mnt_has_content(c) || is_one(c) : false;
}

bool mnt_layered(const struct crfs_mount *c)
{
	return among(layered_types, &c->fstype);
}

bool mnt_host_type(const struct crfs_mount *c)
{
	return among(host_types, &c->fstype);
}

bool mnt_has_content(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "tmpfs") || crfs_str_is(&c->fstype, "ramfs");
}

/* What begins empty, and whose content no tree carries */
static bool must_be_empty(const struct crfs_mount *c)
{
	return crfs_str_is(&c->fstype, "hugetlbfs") || crfs_str_is(&c->fstype, "bpf");
}

static struct task *at_root(struct snap *s, const struct ns *n)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];
		char *link;
		bool ok;

		if (t->zombie || ns_id(s, t, "mnt") != n->id)
			continue;
		link = proc_link(s->proc, "%d/root", t->tid);
		ok = link && !strcmp(link, "/");
		free(link);
		if (ok)
			return t;
	}
	return scout(s, n->id);
}

/* Roots of mounts of cgroup2 are told as seen from the cgroup namespace of who asks. */
static int cgroup_roots(struct snap *s, struct mntns *n, const char *pid)
{
	struct crfs_mnts in;
	struct visit v;
	size_t i, k;
	int rc;

	if (!ns_id(s, n->ns->task, "cgroup"))
		return 0;
	rc = visit_begin(s, n->ns->task, "cgroup", CLONE_NEWCGROUP, &v);
	if (rc)
		return rc;
	rc = mounts_read(s->proc, pid, &s->pool, &in);
	rc = visit_end(&v) ?: rc;
	for (i = 0; !rc && i < n->m.nr; i++)
		for (k = 0; k < in.nr; k++)
			if (in.v[k].id == n->m.v[i].id && crfs_str_is(&in.v[k].c.fstype, "cgroup2") &&
			    strncmp(in.v[k].c.root.p, "/..", 3) && !crfs_str_eq(&in.v[k].c.root, &n->m.v[i].c.root)) {
				n->m.v[i].c.root = in.v[k].c.root;
				n->m.v[i].inside = true;
			}
	return rc;
}

static int read_one(struct snap *s, struct mntns *n)
{
	char pid[16];
	int rc;

	n->t = at_root(s, n->ns);
	if (!n->t)
		return 0;
	snprintf(pid, sizeof(pid), "%d", n->t->tid);
	rc = mounts_read(s->proc, pid, &s->pool, &n->m);
	return rc ?: cgroup_roots(s, n, pid);
}

static bool in_group(const struct crfs_mnts *m, unsigned int group)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].shared == group)
			return true;
	return false;
}

/* The number that a peer group has got in the tree; 0: none yet */
static unsigned int number(const struct mntall *all, unsigned int group)
{
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++)
			if (all->v[k].m.v[i].shared == group && all->v[k].m.v[i].c.shared)
				return all->v[k].m.v[i].c.shared;
	return 0;
}

/* Peer groups get small numbers, by first use, over all namespaces. */
static void groups(struct mntall *all)
{
	unsigned int nr = 0;
	struct crfs_mnt *x;
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++) {
			x = &all->v[k].m.v[i];
			if (x->shared)
				x->c.shared = number(all, x->shared) ?: ++nr;
		}
	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++) {
			x = &all->v[k].m.v[i];
			if (x->master)
				x->c.master = number(all, x->master) ?: CRFS_MASTER_OUTSIDE;
		}
}

struct mntall *mnt_all(struct snap *s)
{
	struct mntall *all = snap_noted(&s->tasks[0], &key);
	struct ns *n;
	int rc = 0;

	if (all)
		return all;
	all = pool_alloc(&s->scratch, sizeof(*all));
	for (n = ns_first(s); n; n = n->next)
		all->nr += n->room == &res_ns_mnt;
	all->v = pool_alloc(&s->scratch, (all->nr + 1) * sizeof(*all->v));
	all->nr = 0;
	for (n = ns_first(s); n && !rc; n = n->next)
		if (n->room == &res_ns_mnt) {
			all->v[all->nr].ns = n;
			rc = read_one(s, &all->v[all->nr++]);
		}
	if (!rc)
		rc = mounts_read(s->proc, "thread-self", &s->pool, &all->own);
	if (rc) {
		fail(s->err, rc, "/proc/<pid>/mountinfo");
		return NULL;
	}
	groups(all);
	mnt_sources(s, all);
	snap_note(s, &s->tasks[0], &key, all);
	return all;
}

static bool empty(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	bool none = d;
	struct dirent *e;

	while (d && none && (e = readdir(d)))
		none = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	if (d)
		closedir(d);
	return none;
}

/* What is in a tmpfs or ramfs of the namespace's own travels as an inode of the tree. */
static int carry_content(struct snap *s, const char *obj, const struct mntns *n, const struct crfs_mnt *m)
{
	const struct crfs_str *at = &m->c.mountpoint;
	int fd = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/root%.*s", n->t->tid, (int)at->len, at->p);
	char dev[32] = "";
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st))
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev));
	if (strcmp(dev, m->dev))
		snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s: a %.*s of its own that is mounted over: unmount one",
				 (int)at->len, at->p, (int)m->c.fstype.len, m->c.fstype.p);
	else if (must_be_empty(&m->c) && !empty(fd))
		snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s (%.*s): what is in it cannot be carried: remove it",
				 (int)at->len, at->p, (int)m->c.fstype.len, m->c.fstype.p);
	else if (!must_be_empty(&m->c) && !empty(fd))
		return tmpfs_inode(s, fd, n->ns->id, at) ? 0 : -ENOMEM;
	if (fd >= 0)
		close(fd);
	return 0;
}

/* Of several mounts of one deleted file the first has it. */
static bool is_first(const struct mntall *all, const struct crfs_mnt *m)
{
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++)
			if (!strcmp(all->v[k].m.v[i].dev, m->dev) && crfs_str_eq(&all->v[k].m.v[i].c.root, &m->c.root))
				return &all->v[k].m.v[i] == m;
	return true;
}

/* O_PATH of what was deleted in a filesystem of the container's own, where a mount of it can be seen */
static int open_gone(struct snap *s, const struct mntall *all, const struct crfs_mnt *m)
{
	char dev[32];
	struct stat st;
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; all->v[k].t && i < all->v[k].m.nr; i++) {
			const struct crfs_mnt *x = &all->v[k].m.v[i];
			const struct crfs_str *at = &x->c.mountpoint;
			int fd = strcmp(x->dev, m->dev) || !crfs_str_eq(&x->c.root, &m->c.root) ? -1 :
				 proc_open(s->proc, O_PATH, "%d/root%.*s", all->v[k].t->tid, (int)at->len, at->p);

			if (fd < 0)
				continue;
			if (!fstat(fd, &st) && !st.st_nlink &&
			    snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev)) > 0 &&
			    !strcmp(dev, m->dev) &&
			    (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISDIR(st.st_mode)))
				return fd;
			close(fd);
		}
	return -1;
}

/* Is each of the directories in "a:b:c" there, as this task sees it? */
static bool dirs_seen(struct snap *s, const struct task *t, char *dirs)
{
	char *dir, *save = NULL;
	int fd;

	for (dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		fd = *dir == '/' ? proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/root%s", t->tid, dir) : -ENOENT;
		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

/* Names with what the options have escaped are not told apart here. */
static bool layers_seen(struct snap *s, const struct mntns *n, const struct crfs_mount *c)
{
	char *options = pool_strndup(&s->scratch, c->super.p, c->super.len), *w, *value, *save = NULL;

	if (!options || strchr(options, '\\'))
		return false;
	for (w = strtok_r(options, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		value = strchr(w, '=');
		if (value && (!strncmp(w, "lowerdir", 8) || !strncmp(w, "upperdir", 8) || !strncmp(w, "workdir", 7) ||
			      !strncmp(w, "datadir", 7)) && !dirs_seen(s, n->t, value + 1))
			return false;
	}
	return true;
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
	int fd;

	if (m->shared && in_group(&all->own, m->shared))
		snap_unsupported(s, -EXDEV, obj,
				 "mount %.*s is shared with one outside the container: make it private or a slave",
				 (int)c->mountpoint.len, c->mountpoint.p);
	if (m->unbindable)
		refuse(s, obj, m, "is unbindable, which cannot be carried: make it private");
	if (memmem(c->options.p, c->options.len, "idmapped", 8))
		refuse(s, obj, m, "is idmapped, which cannot be carried: mount it without");
	if (c->of && crfs_mnt_gone(c) && is_first(all, m) && !s->live) {
		fd = mnt_has_content(c) ? open_gone(s, all, m) : -1;
		if (fd >= 0)
			return tmpfs_inode(s, fd, n->ns->id, &c->mountpoint) ? 0 : -ENOMEM;
		refuse(s, obj, m, "shows what was deleted, which cannot be carried: unmount it");
	}
	if (c->bind.len || c->of || (crfs_mnt_nsfs(c) && mnt_nsfs_name(s, n->t, c)))
		return 0;
	if (!mnt_makeable(c))
		refuse(s, obj, m, "not mounted where crfs is, and cannot be made again: mount it there too");
	else if (mnt_layered(c) && !layers_seen(s, n, c))
		refuse(s, obj, m, "its layers are not where its options say, as absolute paths: mount it so");
	else if (mnt_other_queues(s, n, m))
		refuse(s, obj, m, "shows the queues of another IPC namespace than that of the first task in it, which cannot be carried yet: unmount it");
	else if (mnt_other_net(s, n, m))
		refuse(s, obj, m, "shows the network of another namespace than that of the first task in it, which cannot be carried yet: unmount it");
	else if (m->foreign)
		refuse(s, obj, m, "shows a pid namespace that no task is in: mount it anew");
	else if ((mnt_has_content(c) || must_be_empty(c)) && !s->live)
		return carry_content(s, obj, n, m);
	return 0;
}

static void stays_outside(struct snap *s, struct crfs_mount *c)
{
	if (c->bind.len)
		c->bind = external_bind(s, &c->bind);
	if (c->bind.len && *c->bind.p == '@')
		crfs_external_mount(c);
}

static int mnt_read(struct snap *s, void *obj, struct text *out)
{
	struct mntall *all = mnt_all(s);
	struct mntns *n = NULL;
	struct ns *ns = obj;
	const char *o = pool_printf(&s->pool, "ns/mnt-%u", ns->id);
	size_t i;
	int rc;

	if (!all)
		return s->err->code;
	for (i = 0; i < all->nr; i++)
		if (all->v[i].ns == ns)
			n = &all->v[i];
	text_section(out, &crfs_mount_shape);
	if (!n->t) {
		snap_unsupported(s, -EOPNOTSUPP, o, "no task in it has its root: none can tell its mounts");
		return 0;
	}
	for (i = 0; i < n->m.nr; i++) {
		stays_outside(s, &n->m.v[i].c);
		rc = name_obstacles(s, o, n, all, &n->m.v[i]);
		if (rc)
			return fail(s->err, rc, "a tmpfs");
		text_rec(out, &crfs_mount_shape, &n->m.v[i].c);
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_mount_shape, NULL };

const struct resource res_ns_mnt = {
	.name = "mnt",
	.scope = PER_NS,
	.shapes = shapes,
	.read = mnt_read,
	.check = mnt_check,
	.make = mnt_make,
};
