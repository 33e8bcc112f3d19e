// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers and slaves, when all mounts of all namespaces are there; mount_namespaces(7).
 *
 * Of each group the mount that shows most leads: it becomes a slave where the group is one, and shared.
 * The others join it by move_mount(2) with MOVE_MOUNT_SET_GROUP (5.15), which knows no namespaces. They must show part
 * of what it shows: where none does that for all of them, as what they once were bound from is gone (systemd-nspawn has
 * /sys/block, /sys/bus and so on of a sysfs that it has unmounted), a mount of the whole filesystem leads for as long.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"
#include "mnt.h"

#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x100
#endif

/**
 * struct member - a mount
 * @fd: on its root; of a leader for a time (@wide) that of the whole filesystem
 */
struct member {
	struct mntplan *p;
	size_t i;
	int fd;
	bool wide;
};

static const struct crfs_mount *mount_of(const struct member *m)
{
	return &m->p->c[m->i];
}

static int oops(struct restore *rs, const struct member *m, const char *what)
{
	const struct crfs_str *at = &mount_of(m)->mountpoint;

	return fail_on(rs->err, -errno, m->p->o->path, "mount %.*s: %s", (int)at->len, at->p, what);
}

/* The next mount from *@m on; NULL namespaces are others than mounts'. */
static bool next(const struct image *im, size_t *k, struct member *m)
{
	for (; *k < im->nr[IOBJ_NS]; ++*k, m->i = (size_t)-1) {
		m->p = mntplan_of(im, im->objs[IOBJ_NS][*k].id);
		if (m->p && ++m->i < m->p->n) {
			m->fd = m->p->at[m->i];
			return true;
		}
	}
	return false;
}

#define each_mount(im, k, m) \
	for ((k) = 0, (m) = (struct member){ .i = (size_t)-1, .fd = -1 }; next(im, &(k), &(m));)

/* Whether @m gets the group @group, or is to be a slave of it. */
static bool comes_from(const struct member *m, unsigned int group)
{
	const struct crfs_mount *c = mount_of(m);

	return c->shared == group || c->master == group;
}

static bool shows_most(const struct image *im, unsigned int group, struct member *best)
{
	struct member m;
	size_t k;

	best->p = NULL;
	each_mount(im, k, m)
		if (mount_of(&m)->shared == group &&
		    (!best->p || mount_of(&m)->root.len < mount_of(best)->root.len))
			*best = m;
	return best->p;
}

static bool leader(const struct image *im, unsigned int group, struct member *best)
{
	if (!shows_most(im, group, best))
		return false;
	best->wide = best->p->wide[best->i] >= 0;
	best->fd = best->wide ? best->p->wide[best->i] : best->p->at[best->i];
	return true;
}

static int set(struct restore *rs, const struct member *m, uint64_t how)
{
	struct mount_attr a = { .propagation = how };
	int rc = home_enter(rs, HOME_MNT, m->p->o->id);

	if (rc) {
		errno = -rc;
		return oops(rs, m, "setns");
	}
	return mount_setattr(m->fd, "", AT_EMPTY_PATH, &a, sizeof(a)) ?
		oops(rs, m, how == MS_SHARED ? "making it shared" : how == MS_SLAVE ? "making it a slave" :
			    "making it private") : 0;
}

/* @m gets the group of @from, which it must show part of. */
static int join(struct restore *rs, const struct member *m, const struct member *from)
{
	int rc = set(rs, m, MS_PRIVATE);

	if (!rc && move_mount(from->fd, "", m->fd, "", MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH |
			      MOVE_MOUNT_T_EMPTY_PATH))
		rc = oops(rs, m, "joining its peers (MOVE_MOUNT_SET_GROUP, Linux 5.15)");
	return rc;
}

/* Masters first: a group may be the slave of another. */
static int lead(struct restore *rs, unsigned int group, unsigned int depth)
{
	struct member m, up;
	unsigned int master;
	int rc = 0;

	if (!leader(rs->im, group, &m) || depth > 1000) {
		errno = EINVAL;
		return fail_on(rs->err, -EINVAL, "ns", "there is no peer group %u", group);
	}
	if (m.p->led[m.i])
		return 0;
	m.p->led[m.i] = true;
	master = mount_of(&m)->master;
	if (master && master != CRFS_MASTER_OUTSIDE) {
		rc = lead(rs, master, depth + 1);
		if (!rc && leader(rs->im, master, &up))
			rc = join(rs, &m, &up) ?: set(rs, &m, MS_SLAVE);
	} else if (!master) {
		rc = set(rs, &m, MS_PRIVATE);
	}
	return rc ?: set(rs, &m, MS_SHARED);
}

static int place(struct restore *rs, const struct member *m)
{
	const struct crfs_mount *c = mount_of(m);
	unsigned int group = c->shared ? c->shared : c->master;
	struct member top;
	int rc;

	if (!c->shared && (!c->master || c->master == CRFS_MASTER_OUTSIDE))
		return c->master ? 0 : set(rs, m, MS_PRIVATE);
	rc = lead(rs, group, 0);
	if (rc || !leader(rs->im, group, &top) || (m->p->led[m->i] && !top.wide))
		return rc;
	rc = join(rs, m, &top);
	return rc || c->shared ? rc : set(rs, m, MS_SLAVE);
}

/* Is there one that shows what is not below what @top shows? */
static bool too_narrow(const struct image *im, unsigned int group, const struct member *top)
{
	struct member m;
	size_t k;

	each_mount(im, k, m)
		if (comes_from(&m, group) && !crfs_str_below(&mount_of(&m)->root, &mount_of(top)->root))
			return true;
	return false;
}

/* It has to stand somewhere. While all are private, it stands there alone. */
static int widen(struct restore *rs, const struct member *top)
{
	int rc = home_enter(rs, HOME_MNT, top->p->o->id), fd;

	fd = rc ?: mnt_whole(rs, top->p, top->i);
	if (fd < 0) {
		errno = -fd;
		return oops(rs, top, "making all of what it and its peers show");
	}
	top->p->wide[top->i] = fd;
	return move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) ?
		       oops(rs, top, "placing all of what it and its peers show") : 0;
}

static int widen_all(struct restore *rs)
{
	struct member m, top;
	size_t k;
	int rc = 0;

	each_mount(rs->im, k, m) {
		unsigned int group = mount_of(&m)->shared;

		if (!rc && group && shows_most(rs->im, group, &top) && top.p == m.p && top.i == m.i &&
		    too_narrow(rs->im, group, &top))
			rc = widen(rs, &top);
	}
	return rc;
}

static int narrow(struct restore *rs)
{
	struct member m;
	size_t k;
	int rc = 0;

	each_mount(rs->im, k, m) {
		int *fd = &m.p->wide[m.i];

		if (rc || *fd < 0)
			continue;
		rc = home_enter(rs, HOME_MNT, m.p->o->id);
		if (!rc && (fchdir(*fd) || umount2(".", MNT_DETACH) || chdir("/")))
			rc = oops(rs, &m, "unmounting all of what it and its peers show");
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int mnt_groups(struct restore *rs)
{
	struct member m;
	bool any = false;
	size_t k;
	int rc = widen_all(rs);

	each_mount(rs->im, k, m) {
		any = true;
		if (!rc)
			rc = place(rs, &m);
	}
	rc = rc ?: narrow(rs);
	if (!rc && any)
		rc = home_enter(rs, HOME_MNT, home_of(rs->im, HOME_MNT));
	return rc;
}
