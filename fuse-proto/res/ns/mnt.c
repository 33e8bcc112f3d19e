// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mount namespace: the list of its mounts.
 *
 * From mountinfo of a task in it whose root is the namespace's. What a mount shows is not carried:
 * file systems are those of the machine. `bind` is the path in the mounter's namespace that shows
 * the same; a mount that has none must be of a kind that begins empty or the same everywhere: proc,
 * sysfs, devpts, mqueue, cgroup2, tmpfs, whose content is an inode of the tree (inode/tmpfs).
 * Refused: others, a tmpfs or devpts of its own that is mounted twice, a mount shared with one outside
 * (a leak), and propagation between two mounts of the namespace. Put back: mnt_make.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mnt.h"
#include "ns.h"
#include "proc.h"
#include "res/inode/tmpfs.h"
#include "rooms.h"

bool mnt_makeable(const struct crfs_mount *c)
{
	static const char *const types[] = { "proc", "sysfs", "devpts", "mqueue", "cgroup2", "tmpfs" };
	size_t i;

	if (!str_is(&c->root, "/"))
		return false;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_is(&c->fstype, types[i]))
			return true;
	return false;
}

/* The path below @own that shows what @m shows: of the same place, if there is one. */
static struct crfs_str bind_of(struct snap *s, const struct mounts *own, const struct mount *m)
{
	struct crfs_str best = { NULL, 0 };
	size_t i;

	for (i = 0; i < own->nr; i++) {
		const struct mount *o = &own->v[i];
		size_t root = o->c.root.len == 1 ? 0 : o->c.root.len;
		size_t point = o->c.mountpoint.len == 1 ? 0 : o->c.mountpoint.len;
		char *path;

		if (strcmp(o->dev, m->dev) || m->c.root.len < root ||
		    memcmp(o->c.root.p, m->c.root.p, root) ||
		    (m->c.root.len > root && m->c.root.p[root] != '/'))
			continue;
		path = pool_printf(&s->pool, "%.*s%.*s", (int)point, o->c.mountpoint.p,
				   (int)(m->c.root.len - root), m->c.root.p + root);
		if (!path)
			continue;
		if (strlen(path) > 1 && path[strlen(path) - 1] == '/')
			path[strlen(path) - 1] = '\0';
		if (!best.len || str_is(&m->c.mountpoint, path))
			best = (struct crfs_str){ path, strlen(path) };
	}
	return best;
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
	return NULL;
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

/* What is in a tmpfs of the namespace's own travels as an inode of the tree. */
static int carry_tmpfs(struct snap *s, const char *obj, const struct ns *n, const struct task *t,
		       const struct mount *m)
{
	const struct crfs_str *at = &m->c.mountpoint;
	int fd = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/root%.*s", t->tid, (int)at->len, at->p);
	char dev[32] = "";
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st))
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_dev), minor(st.st_dev));
	if (strcmp(dev, m->dev))
		snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s: a tmpfs of its own that is mounted over: unmount one",
				 (int)at->len, at->p);
	else if (!empty(fd))
		return tmpfs_inode(s, fd, n->id, at) ? 0 : -ENOMEM;
	if (fd >= 0)
		close(fd);
	return 0;
}

/* Is it the file system of an earlier mount, which a new one would not be? */
static const struct mount *same_fs(const struct mounts *m, const struct mount *x)
{
	const struct mount *o;

	for (o = m->v; o < x; o++)
		if (!strcmp(o->dev, x->dev) && (str_is(&x->c.fstype, "tmpfs") || str_is(&x->c.fstype, "devpts")))
			return o;
	return NULL;
}

static int name_obstacles(struct snap *s, const char *obj, const struct ns *n, const struct task *t,
			  const struct mounts *all, const struct mount *m)
{
	const struct crfs_mount *c = &m->c;
	const struct mount *twin;

	if (c->bind.len)
		return 0;
	twin = same_fs(all, m);
	if (!mnt_makeable(c))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "mount %.*s (%.*s): not mounted where crfs is, and cannot be made again: mount it there too",
				 (int)c->mountpoint.len, c->mountpoint.p, (int)c->fstype.len, c->fstype.p);
	else if (twin)
		snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s shows the same %.*s as %.*s: unmount one",
				 (int)c->mountpoint.len, c->mountpoint.p, (int)c->fstype.len, c->fstype.p,
				 (int)twin->c.mountpoint.len, twin->c.mountpoint.p);
	else if (str_is(&c->fstype, "tmpfs") && !s->live)
		return carry_tmpfs(s, obj, n, t, m);
	return 0;
}

static bool in_group(const struct mounts *m, unsigned int group)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].shared == group)
			return true;
	return false;
}

/* Peer groups get small numbers, by first use. */
static void propagation(struct snap *s, const char *obj, struct mounts *m, const struct mounts *own)
{
	unsigned int groups = 0;
	size_t i, k;

	for (i = 0; i < m->nr; i++) {
		struct mount *x = &m->v[i];
		const char *why = NULL;

		for (k = 0; x->shared && k < i; k++)
			if (m->v[k].shared == x->shared)
				why = "propagates to another mount of the namespace";
		if (x->shared && in_group(own, x->shared))
			why = "is shared with one outside the container: make it private or a slave";
		if (x->master && in_group(m, x->master))
			why = "is a slave of another mount of the namespace";
		if (x->unbindable)
			why = "is unbindable";
		if (why)
			snap_unsupported(s, -EOPNOTSUPP, obj, "mount %.*s %s", (int)x->c.mountpoint.len,
					 x->c.mountpoint.p, why);
		x->c.shared = x->shared ? ++groups : 0;
		x->c.master = x->master ? CRFS_MASTER_OUTSIDE : 0;
	}
}

static int mnt_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj;
	struct task *t = at_root(s, n);
	struct mounts m, own;
	char name[32], pid[16];
	const char *o;
	size_t i;
	int rc;

	snprintf(name, sizeof(name), "ns/mnt-%u", n->id);
	o = pool_strdup(&s->pool, name);
	text_section(out, &crfs_mount_shape);
	if (!t) {
		snap_unsupported(s, -EOPNOTSUPP, o, "no task in it has its root: none can tell its mounts");
		return 0;
	}
	snprintf(pid, sizeof(pid), "%d", t->tid);
	rc = mounts_read(s->proc, pid, &s->pool, &m);
	if (!rc)
		rc = mounts_read(s->proc, "thread-self", &s->pool, &own);
	if (rc)
		return fail(s->err, rc, "/proc/%d/mountinfo", t->tid);
	propagation(s, o, &m, &own);
	for (i = 0; i < m.nr; i++) {
		m.v[i].c.bind = bind_of(s, &own, &m.v[i]);
		rc = name_obstacles(s, o, n, t, &m, &m.v[i]);
		if (rc)
			return fail(s->err, rc, "a tmpfs");
		text_rec(out, &crfs_mount_shape, &m.v[i].c);
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
