// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory that was removed while somebody was in it: nothing can be made in it any more, but
 * it must be there.
 *
 * From stat and the link that /proc shows. It is made and removed again under its old name where
 * it was, with the directories above it that are gone, too; if the name is taken, under another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/inode/ghost_dir.h>

#include "ghost_dir.h"
#include "rooms.h"

struct inode *ghost_dir(struct snap *s, int fd, const struct place *p)
{
	struct crfs_inode_ghost_dir *g;
	struct inode *n;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	n = snap_inode(s, &res_inode_ghost_dir, st.st_dev, st.st_ino, -1);
	if (!n || n->priv)
		return n;
	g = pool_alloc(&s->pool, sizeof(*g));
	if (!g)
		return NULL;
	*g = (struct crfs_inode_ghost_dir){ .path = p->path, .mnt_ns = p->mnt_ns,
		.mode = st.st_mode & 07777, .uid = st.st_uid, .gid = st.st_gid };
	n->priv = g;
	return n;
}

static int ghost_dir_read(struct snap *s, void *obj, struct text *out)
{
	const struct inode *n = obj;

	(void)s;
	text_section(out, &crfs_inode_ghost_dir_shape);
	text_rec(out, &crfs_inode_ghost_dir_shape, n->priv);
	return 0;
}

static int make_in(int dir, const char *name, const struct crfs_inode_ghost_dir *g)
{
	int fd, rc;

	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 || fchown(fd, g->uid, g->gid) < 0 || fchmod(fd, g->mode) < 0 ? -errno : 0;
	unlinkat(dir, name, AT_REMOVEDIR);
	if (rc && fd >= 0)
		close(fd);
	return rc ? rc : fd;
}

/* Its parent must be the one it had, ".." leads there: so if its name is taken it gets another. */
static int make_it(int dir, const char *name, void *g)
{
	char other[NAME_MAX + 1];
	int fd = make_in(dir, name, g), i;

	for (i = 0; fd == -EEXIST && i < 100; i++) {
		snprintf(other, sizeof(other), ".crfs-%d-%d", getpid(), i);
		fd = make_in(dir, other, g);
	}
	return fd;
}

static int ghost_dir_make(struct restore *rs, struct iobj *o)
{
	struct crfs_inode_ghost_dir *g = image_rec(o, &res_inode_ghost_dir, 0);
	int fd = nameless_make(rs, g->mnt_ns, &g->path, false, make_it, g);

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "making and removing %.*s", g->path.len, g->path.p);
	o->fd = fd;
	return 0;
}

const struct resource res_inode_ghost_dir = {
	.name = "ghost_dir",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_ghost_dir_shape, NULL },
	.read = ghost_dir_read,
	.make = ghost_dir_make,
};
