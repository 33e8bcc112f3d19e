// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a mount shows: a place that the mounter can see as well, or one in a filesystem that the container
 * has made for itself, of which the mount with the shortest root stands for all that is below that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnt.h"
#include "proc.h"

/* Does @path, ours, lead to what @m shows to those in its namespace, as far as that can be told? */
static bool same(struct snap *s, const struct mntns *n, const struct crfs_mnt *m, const char *path)
{
	const struct crfs_str *at = &m->c.mountpoint;
	struct stat a, b;
	char link[4200];

	if (crfs_mnt_covered(&n->m, m))
		return true;
	snprintf(link, sizeof(link), "%d/root%.*s", n->t->tid, (int)at->len, at->p);
	if (fstatat(s->proc, link, &a, 0))
		return true;
	return !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The path below @own that shows what @m shows: of the same place, if there is one. */
static struct crfs_str bind_of(struct snap *s, const struct crfs_mnts *own, const struct mntns *n,
			       const struct crfs_mnt *m)
{
	struct crfs_str best = { NULL, 0 };
	size_t i;

	for (i = 0; i < own->nr; i++) {
		const struct crfs_mnt *o = &own->v[i];
		size_t root = o->c.root.len == 1 ? 0 : o->c.root.len;
		size_t point = o->c.mountpoint.len == 1 ? 0 : o->c.mountpoint.len;
		char *path;

		if (strcmp(o->dev, m->dev) || !crfs_str_below(&m->c.root, &o->c.root))
			continue;
		path = pool_printf(&s->pool, "%.*s%.*s", (int)point, o->c.mountpoint.p,
				   (int)(m->c.root.len - root), m->c.root.p + root);
		if (!path)
			continue;
		if (strlen(path) > 1 && path[strlen(path) - 1] == '/')
			path[strlen(path) - 1] = '\0';
		if ((!best.len || crfs_str_is(&m->c.mountpoint, path)) &&
		    same(s, n, m, *path ? path : "/"))
			best = (struct crfs_str){ *path ? path : "/", strlen(*path ? path : "/") };
	}
	return best;
}

/* Of those without a bind, the mount of the same filesystem that shows most of what @x is in; the first such */
static struct crfs_mnt *whole(struct mntall *all, size_t at, const struct crfs_mnt *x, unsigned int *ns)
{
	struct crfs_mnt *best = NULL;
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++) {
			struct crfs_mnt *m = &all->v[k].m.v[i];

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

/* In a proc, the process with number 1 is the first of the pid namespace that it shows. */
static void find_pids(struct snap *s, const struct mntns *n, struct crfs_mnt *m)
{
	char *link = proc_link(s->proc, "%d/root%.*s/1/ns/pid", n->t->tid, (int)m->c.mountpoint.len,
			       m->c.mountpoint.p);
	char *own = proc_link(s->proc, "self/ns/pid");
	const char *p = link ? strchr(link, '[') : NULL;
	const struct ns *ns = p ? ns_by_ino(s, "pid", strtoull(p + 1, NULL, 10)) : NULL;

	if (ns)
		m->c.pid_ns = ns->id;
	else
		m->foreign = !link || !own || strcmp(link, own);
	free(link);
	free(own);
}

void mnt_sources(struct snap *s, struct mntall *all)
{
	struct crfs_mnt *m, *w;
	unsigned int ns = 0;
	size_t k, i;

	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++) {
			m = &all->v[k].m.v[i];
			if (!m->inside)
				m->c.bind = bind_of(s, &all->own, &all->v[k], m);
		}
	for (k = 0; k < all->nr; k++)
		for (i = 0; i < all->v[k].m.nr; i++) {
			m = &all->v[k].m.v[i];
			w = m->c.bind.len || crfs_mnt_nsfs(&m->c) ? NULL : whole(all, k, m, &ns);
			if (w && w != m) {
				m->c.of_ns = ns;
				m->c.of = w->c.id;
			} else if (w == m && crfs_str_is(&m->c.fstype, "proc")) {
				find_pids(s, &all->v[k], m);
			}
		}
}
