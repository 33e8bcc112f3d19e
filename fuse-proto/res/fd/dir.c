// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Directories, and how far they have been read. A directory that was removed while it was open is
 * an inode of the tree (inode/ghost_dir) and is made and removed again.
 *
 * From /proc/<tid>/fd and fdinfo. The position of a directory is a cookie of its file system; one
 * that is not the same file system at restore may give other cookies their meaning.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <crfs/res/fd/dir.h>

#include "fdroom.h"
#include "locks.h"
#include "res/inode/ghost_dir.h"
#include "res/inode/tmpfs.h"
#include "rooms.h"

static bool dir_match(const struct file *f)
{
	return S_ISDIR(f->st.st_mode) && !(f->flags & O_PATH) && *f->link == '/';
}

static bool more_to_read(const struct file *f)
{
	char entries[4096];
	int fd = openat(f->dup, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	bool more = fd >= 0 && lseek(fd, f->pos, SEEK_SET) >= 0 && getdents64(fd, entries, sizeof(entries)) > 0;

	if (fd >= 0)
		close(fd);
	return more;
}

/* A tmpfs that travels is filled anew: its entries stand in another order then. Behind the dots all are to come. */
static void name_half_read(struct snap *s, const struct file *f)
{
	if (f->pos > 2 && tmpfs_carried(s, f->st.st_dev) && more_to_read(f))
		snap_lost(s, file_obj(s, f), "how far %s has been read, whose entries come back in another order", f->link);
}

static int dir_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_dir r = { .inode = 0 };
	struct file *f = obj;
	struct inode *n;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (p.gone) {
		n = ghost_dir(s, f->dup, &p);
		if (!n)
			return -ENOMEM;
		r.inode = n->id;
	} else {
		r.path = p.path;
		r.mnt_ns = p.mnt_ns;
		if (!s->live)
			name_half_read(s, f);
	}
	text_section(out, &crfs_fd_dir_shape);
	text_rec(out, &crfs_fd_dir_shape, &r);
	locks_read(s, f, out);
	return 0;
}

static void dir_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_dir *r = image_rec(o, &res_fd_dir, 0);
	struct stat st;
	int fd;

	if (r && r->inode) {
		inode_check(im, o, r->inode, &res_inode_ghost_dir);
		return;
	}
	fd = r ? place_check(im, r->mnt_ns, &r->path) : -ENODATA;
	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened: bring the directory back",
			       r->path.len, r->path.p);
	else if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		image_mismatch(im, -ENOTDIR, o->path, "%.*s", r->path.len, r->path.p);
	if (fd >= 0)
		close(fd);
}

static int dir_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_dir *r = image_rec(o, &res_fd_dir, 0);
	int fd, rc;

	if (r->inode) {
		fd = inode_fd(rs, o, r->inode);
		fd = fd < 0 ? fd : file_reopen(rs, o, fd);
	} else {
		fd = place_open(rs, r->mnt_ns, &r->path, file_common(o)->flags);
	}
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", r->path.len, r->path.p);
	o->fd = fd;
	rc = locks_put(rs, o, 1, fd);
	return rc ? rc : file_made(rs, o, fd);
}

const struct resource res_fd_dir = {
	.name = "dir",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_dir_shape, &crfs_lock_shape, NULL },
	.match = dir_match,
	.read = dir_read,
	.check = dir_check,
	.make = dir_make,
};
