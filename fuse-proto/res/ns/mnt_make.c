// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making mount namespaces again: each a copy of the mounter's, changed until it has the saved mounts.
 *
 * A saved mount that the mounter's namespace has at the same place stays; what is not in the list
 * goes; what is missing is bound from where it can be seen, or made. A root that is not the mounter's
 * is mounted, filled, and pivoted to. A proc of a pid namespace that is made too, and all that depends
 * on it, comes when the tasks are there. Which mounts are peers or slaves of which is said last.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "home.h"
#include "mnt.h"
#include "rooms.h"
#include "user.h"

static int oops(struct restore *rs, const struct iobj *o, const char *what, const char *where)
{
	return fail_on(rs->err, -errno, o->path, "%s %s", what, where);
}

/* What the mounter can see is taken hold of before anything is changed. */
static int take_bind(struct restore *rs, struct mntplan *p, size_t i)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS |
				RESOLVE_NO_MAGICLINKS };
	struct mount_attr private = { .propagation = MS_PRIVATE }, slave = { .propagation = MS_SLAVE };
	const struct crfs_mount *c = &p->c[i];
	char *from = pool_strndup(&rs->im->pool, c->bind.p, c->bind.len);
	int fd = from ? syscall(SYS_openat2, AT_FDCWD, from, &how, sizeof(how)) : -1;

	if (fd < 0)
		return oops(rs, p->o, "opening", from ? from : "");
	p->src[i] = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	close(fd);
	if (p->src[i] < 0)
		return oops(rs, p->o, "open_tree", from);
	/* A peer of the mounter's own, or of its peers: not for a moment longer. */
	if (mount_setattr(p->src[i], "", AT_EMPTY_PATH, &slave, sizeof(slave)) ||
	    (c->master != CRFS_MASTER_OUTSIDE &&
	     mount_setattr(p->src[i], "", AT_EMPTY_PATH, &private, sizeof(private))))
		return oops(rs, p->o, "making private", from);
	return 0;
}

static int take_binds(struct restore *rs, struct mntplan *p)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < p->n && !rc; i++)
		if (p->match[i] < 0 && p->c[i].bind.len)
			rc = take_bind(rs, p, i);
	return rc;
}

/* What is not in the list: those mounted last first. */
static int unmount_others(struct restore *rs, struct mntplan *p)
{
	size_t k;

	for (k = p->cur.nr; k-- > 0;) {
		const struct crfs_str *at = &p->cur.v[k].c.mountpoint;
		char *path = pool_strndup(&rs->im->pool, at->p, at->len);

		if (p->used[k] || !p->cur.v[k].c.parent)
			continue;
		if (!path || (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL &&
			      errno != ENOENT))
			return oops(rs, p->o, "umount", path ? path : "");
	}
	return 0;
}

static int pivot(struct restore *rs, struct mntplan *p)
{
	if (p->match[0] >= 0)
		return chdir("/") ? oops(rs, p->o, "chdir", "/") : 0;
	if (fchdir(p->root) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		return oops(rs, p->o, "pivot_root:", "mount with another root than the initial one");
	return 0;
}

/* All of them first: those that are made first have to know what the others want of them. */
static int make_plans(struct restore *rs)
{
	struct image *im = rs->im;
	struct mntplan *p;
	struct iobj *o;
	size_t i;
	int rc = 0;

	for (i = 0; i < im->nr[IOBJ_NS] && !rc; i++) {
		o = &im->objs[IOBJ_NS][i];
		if (o->room != &res_ns_mnt)
			continue;
		p = pool_alloc(&im->pool, sizeof(*p));
		rc = p ? mntplan_make(im, o, rs->proc, p) : -ENOMEM;
		o->priv = p;
	}
	return rc;
}

int mnt_make(struct restore *rs, struct iobj *o)
{
	struct mntplan *p;
	int rc = home_enter(rs, HOME_MNT, 0);

	if (!rc && !o->priv)
		rc = make_plans(rs);
	if (rc)
		return fail_on(rs->err, rc, o->path, "/proc/self/mountinfo");
	p = o->priv;
	rc = take_binds(rs, p);
	if (rc)
		return rc;
	if (unshare(CLONE_NEWNS))
		return oops(rs, o, "unshare(CLONE_NEWNS):", "allow it");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return oops(rs, o, "making slaves below", "/");
	if (p->match[0] >= 0)
		rc = unmount_others(rs, p);
	/* A user namespace gets a copy in which nothing can be unmounted any more. */
	if (!rc && user_owner(rs->im, o->id) && (rc = user_unshare(rs, o, "mnt", CLONE_NEWNS)))
		fail_on(rs->err, rc, o->path, "unshare(CLONE_NEWNS)");
	if (!rc)
		rc = mnt_build(rs, p, false);
	return rc ?: pivot(rs, p);
}

static bool any_later(const struct mntplan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->later[i])
			return true;
	return false;
}

int ns_mnt_finish(struct restore *rs)
{
	struct image *im = rs->im;
	struct mntplan *p;
	size_t i;
	int rc = 0;

	for (i = 0; i < im->nr[IOBJ_NS] && !rc; i++) {
		p = mntplan_of(im, im->objs[IOBJ_NS][i].id);
		if (!p || !any_later(p))
			continue;
		rc = home_enter(rs, HOME_MNT, p->o->id);
		if (rc)
			return fail_on(rs->err, rc, p->o->path, "setns");
		rc = mnt_build(rs, p, true);
	}
	return rc ?: mnt_groups(rs) ?: mnt_finish_gone(rs);
}

static bool below(const struct crfs_str *path, const struct crfs_str *point)
{
	return path->len >= point->len && !memcmp(path->p, point->p, point->len) &&
	       (path->len == point->len || path->p[point->len] == '/');
}

bool ns_mnt_later(const struct restore *rs, unsigned int id, const struct crfs_str *path)
{
	const struct mntplan *p = mntplan_of(rs->im, id);
	size_t i;

	for (i = 0; p && i < p->n; i++)
		if (p->later[i] && below(path, &p->c[i].mountpoint))
			return true;
	return false;
}

int ns_mnt_root(const struct restore *rs, unsigned int id)
{
	const struct mntplan *p = mntplan_of(rs->im, id);

	return p ? fcntl(p->root, F_DUPFD_CLOEXEC, 0) : -ENOENT;
}
