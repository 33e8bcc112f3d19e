// SPDX-License-Identifier: GPL-2.0-or-later
/* Saved mounts against those of the mounter: what stays, what must be made, and when; what cannot be. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "external.h"
#include "mnt.h"
#include "rooms.h"

struct mntplan *mntplan_of(const struct image *im, unsigned int id)
{
	const struct iobj *o = id ? image_obj(im, IOBJ_NS, id) : NULL;

	return o && o->room == &res_ns_mnt ? o->priv : NULL;
}

/* Is mount @k on @i, however far up, or the same? */
static bool is_on(const struct mntplan *p, size_t k, size_t i)
{
	size_t up = k + 1;

	while (up && up != i + 1)
		up = p->c[up - 1].parent;
	return up;
}

/* The one below @i, or itself, that is mounted on @base directly */
static size_t branch(const struct mntplan *p, size_t i, size_t base)
{
	while (p->c[i].parent != base + 1)
		i = p->c[i].parent - 1;
	return i;
}

/*
 * Does saved mount @k stand where @i hides it? Then @i came later. What counts is where the two part: a
 * mount on a directory that another one hides as a whole hides nothing in that.
 */
static bool hides(const struct mntplan *p, size_t i, size_t k)
{
	size_t base = i;

	if (!crfs_str_below(&p->c[k].mountpoint, &p->c[i].mountpoint) || is_on(p, k, i))
		return false;
	while (!is_on(p, k, base))
		base = p->c[base].parent - 1;
	return base == k || crfs_str_below(&p->c[branch(p, k, base)].mountpoint, &p->c[branch(p, i, base)].mountpoint);
}

static bool hides_any(const struct mntplan *p, size_t i)
{
	size_t k;

	for (k = 0; k < p->n; k++)
		if (hides(p, i, k))
			return true;
	return false;
}

static int find(const struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	int up = c->parent ? p->match[c->parent - 1] : -1;
	size_t k;

	if (!crfs_str_eq(&c->bind, &c->mountpoint) || (c->parent && up < 0))
		return -1;
	/* What another one hides could not be reached while that is there. */
	if (hides_any(p, i))
		return -1;
	for (k = 0; k < p->cur.nr; k++) {
		const struct crfs_mount *x = &p->cur.v[k].c;

		if (!p->used[k] && crfs_str_eq(&x->mountpoint, &c->mountpoint) && (int)x->parent == up + 1)
			return k;
	}
	return -1;
}

/* Does the saved mount @i, or what it depends on, show a pid namespace that is made? */
static bool is_later(const struct image *im, const struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	const struct mntplan *of = c->of_ns == p->o->id ? p : mntplan_of(im, c->of_ns);
	size_t k;

	for (k = 0; k < p->n; k++)
		if (p->later[k] && hides(p, i, k))
			return true;
	return c->pid_ns || (c->parent && p->later[c->parent - 1]) ||
	       (c->of && of && c->of <= of->n && of->later[c->of - 1]);
}

static void settle_later(const struct image *im, struct mntplan *p)
{
	bool more = true;
	size_t i;

	while (more)
		for (more = false, i = 0; i < p->n; i++)
			if (p->match[i] < 0 && !p->later[i] && is_later(im, p, i))
				more = p->later[i] = true;
}

int mntplan_make(struct image *im, struct iobj *o, int proc, struct mntplan *p)
{
	size_t i;
	int rc;

	*p = (struct mntplan){ .o = o, .root = -1 };
	p->c = image_recs(o, &res_ns_mnt, 0, &p->n);
	rc = mounts_read(proc, "thread-self", &im->pool, &p->cur);
	if (rc)
		return rc;
	p->match = pool_alloc(&im->pool, (p->n + 1) * sizeof(*p->match));
	p->src = pool_alloc(&im->pool, (p->n + 1) * sizeof(*p->src));
	p->at = pool_alloc(&im->pool, (p->n + 1) * sizeof(*p->at));
	p->wide = pool_alloc(&im->pool, (p->n + 1) * sizeof(*p->wide));
	p->later = pool_alloc(&im->pool, p->n + 1);
	p->done = pool_alloc(&im->pool, p->n + 1);
	p->led = pool_alloc(&im->pool, p->n + 1);
	p->used = pool_alloc(&im->pool, p->cur.nr + 1);
	if (!p->match || !p->later || !p->used || !p->src || !p->at || !p->wide || !p->done || !p->led)
		return -ENOMEM;
	for (i = 0; i < p->n; i++) {
		p->match[i] = find(p, i);
		p->src[i] = p->at[i] = p->wide[i] = -1;
		if (p->match[i] >= 0)
			p->used[p->match[i]] = true;
	}
	settle_later(im, p);
	return 0;
}

/* Is a layer of @c in the mount @on? */
static bool lies_in(const struct crfs_mount *c, const struct crfs_mount *on)
{
	const char *p = c->super.p, *end = p + c->super.len, *at = on->mountpoint.p;
	size_t n = on->mountpoint.len;

	for (; (p = memmem(p, end - p, at, n)); p++)
		if (p > c->super.p && (p[-1] == '=' || p[-1] == ':') &&
		    (p + n == end || p[n] == '/' || p[n] == ':' || p[n] == ','))
			return true;
	return false;
}

bool mntplan_ready(const struct image *im, const struct mntplan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	const struct mntplan *of = c->of ? mntplan_of(im, c->of_ns) : NULL;
	size_t k;

	for (k = 0; k < p->n; k++)
		if (!p->done[k] && (hides(p, i, k) || (k != i && mnt_layered(c) && lies_in(c, &p->c[k]))))
			return false;
	return (!c->parent || p->done[c->parent - 1]) && (!c->of || (of && of->done[c->of - 1]));
}

/* Is one of its names ".."? */
static bool goes_up(const struct crfs_str *path)
{
	const char *p = path->p, *end = path->p + path->len;

	while ((p = memmem(p, end - p, "/..", 3))) {
		p += 3;
		if (p == end || *p == '/')
			return true;
	}
	return false;
}

static bool plain(const struct crfs_str *path, bool may_lack)
{
	return (!path->len && may_lack) || (path->len && path->p[0] == '/' && path->len < 4096 &&
					    !memchr(path->p, 0, path->len) && !goes_up(path));
}

static bool well_formed(const struct crfs_mount *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].id != i + 1 || c[i].parent > i || (c[i].parent == 0) != (i == 0) ||
		    !plain(&c[i].mountpoint, false) || !plain(&c[i].bind, true) ||
		    (!c[i].bind.len && !plain(&c[i].root, false)))
			return false;
	return n && crfs_str_is(&c[0].mountpoint, "/");
}

static bool exists(struct image *im, const struct crfs_str *path)
{
	char *p = pool_strndup(&im->pool, path->p, path->len);

	return p && !access(p, F_OK);
}

/* Does it name a mount that is there, and shows what it shows part of? */
static bool has_whole(const struct image *im, const struct iobj *o, const struct crfs_mount *c)
{
	const struct iobj *ns = image_obj(im, IOBJ_NS, c->of_ns);
	const struct crfs_mount *w;
	size_t n;

	if (!ns || ns->room != &res_ns_mnt || ns->id > o->id)
		return false;
	w = image_recs(ns, &res_ns_mnt, 0, &n);
	if (!c->of || c->of > n)
		return false;
	w += c->of - 1;
	return w != c && !w->bind.len && !w->of && c->root.len >= w->root.len && crfs_str_eq(&w->fstype, &c->fstype);
}

static bool is_group(const struct image *im, unsigned int group)
{
	const struct crfs_mount *c;
	size_t i, k, n;

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		if (im->objs[IOBJ_NS][i].room != &res_ns_mnt)
			continue;
		c = image_recs(&im->objs[IOBJ_NS][i], &res_ns_mnt, 0, &n);
		for (k = 0; k < n; k++)
			if (c[k].shared == group)
				return true;
	}
	return false;
}

static void check_master(struct image *im, struct iobj *o, const struct crfs_mount *c)
{
	if (c->master && c->master != CRFS_MASTER_OUTSIDE && (c->master == c->shared || !is_group(im, c->master)))
		image_mismatch(im, -EINVAL, o->path, "mount %.*s: its master %u is no peer group",
			       (int)c->mountpoint.len, c->mountpoint.p, c->master);
}

static void check_one(struct image *im, struct iobj *o, const struct crfs_mount *c)
{
	const struct iobj *ns = c->pid_ns ? image_obj(im, IOBJ_NS, c->pid_ns) : NULL;
	int len = c->mountpoint.len;
	const char *p = c->mountpoint.p;

	if (c->bind.len && crfs_str_eq(&c->bind, &c->mountpoint) && c->parent && !exists(im, &c->bind))
		image_mismatch(im, -ENOENT, o->path, "%.*s (%.*s) is not mounted here: mount it", len, p,
			       (int)c->fstype.len, c->fstype.p);
	else if (c->bind.len && !exists(im, &c->bind))
		image_mismatch(im, -ENOENT, o->path, "mount %.*s: %.*s, which it shows, is not here: make it",
			       len, p, (int)c->bind.len, c->bind.p);
	else if ((c->of_ns || c->of) && !has_whole(im, o, c))
		image_mismatch(im, -EINVAL, o->path, "mount %.*s: there is no mount of which it could be one",
			       len, p);
	else if (c->of && crfs_mnt_gone(c) && !mnt_check_gone(im, o, c))
		image_mismatch(im, -EINVAL, o->path, "mount %.*s: what it shows, which was deleted, is not in the tree",
			       len, p);
	else if (crfs_mnt_nsfs(c) && !mnt_nsfs_known(im, c))
		image_mismatch(im, -EINVAL, o->path, "mount %.*s: it shows %.*s, which is not in ns/", len, p,
			       (int)c->root.len, c->root.p);
	else if (!c->bind.len && !c->of && !crfs_mnt_nsfs(c) && !mnt_makeable(c))
		image_mismatch(im, -EOPNOTSUPP, o->path, "mount %.*s (%.*s) cannot be made", len, p,
			       (int)c->fstype.len, c->fstype.p);
	if (c->pid_ns && (!ns || ns->room != &res_ns_pid || c->of || c->bind.len || !crfs_str_is(&c->fstype, "proc")))
		image_mismatch(im, -EINVAL, o->path, "mount %.*s: pid_ns %u cannot be", len, p, c->pid_ns);
}

/* "@NAME" becomes the path that the mounter says takes its place. */
static bool resolve(struct image *im, struct iobj *o)
{
	struct crfs_str path;
	struct crfs_mount *c;
	bool all = true;
	size_t n, i;

	c = image_recs(o, &res_ns_mnt, 0, &n);
	for (i = 0; i < n; i++) {
		path = external_path(im, &c[i].bind);
		if (c[i].bind.len && !path.len) {
			image_mismatch(im, -ENOENT, o->path, "mount %.*s: external %.*s, a directory: say what "
				       "takes its place: mount with -o external=NAME=PATH", (int)c[i].mountpoint.len,
				       c[i].mountpoint.p, (int)c[i].bind.len, c[i].bind.p);
			all = false;
		}
		c[i].bind = path;
	}
	return all;
}

void mnt_check(struct image *im, struct iobj *o)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), rc;
	struct mntplan p;
	size_t i, n;
	const struct crfs_mount *c = image_recs(o, &res_ns_mnt, 0, &n);

	if (!resolve(im, o)) {
		rc = 0;
	} else if (!well_formed(c, n)) {
		image_mismatch(im, -EINVAL, o->path, "its mounts are no tree: see crfs.txt");
		rc = 0;
	} else {
		rc = proc < 0 ? -errno : mntplan_make(im, o, proc, &p);
		for (i = 0; !rc && i < p.n; i++)
			if (p.match[i] < 0)
				check_one(im, o, &p.c[i]);
		for (i = 0; !rc && i < p.n; i++)
			check_master(im, o, &p.c[i]);
	}
	if (rc)
		image_mismatch(im, rc, o->path, "/proc/self/mountinfo");
	if (proc >= 0)
		close(proc);
}
