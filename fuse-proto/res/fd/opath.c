// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * O_PATH descriptors: a place in the file system, of any type, that is not open for anything.
 *
 * From /proc/<tid>/fd and fdinfo. A deleted file or directory, or a memfd, behind one is carried as
 * for an open one; anything else that is deleted is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/fd/opath.h>

#include "fdroom.h"
#include "proc.h"
#include "res/inode/ghost.h"
#include "res/inode/ghost_dir.h"
#include "res/inode/memfd.h"
#include "rooms.h"

static bool opath_match(const struct file *f)
{
	return f->flags & O_PATH;
}

/* The memfd itself, which has no place. */
static struct inode *memfd(struct snap *s, const struct file *f)
{
	int own = proc_open(s->proc, O_RDONLY, "self/fd/%d", f->dup);

	return own < 0 ? NULL : snap_inode(s, &res_inode_memfd, f->st.st_dev, f->st.st_ino, own);
}

static int gone(struct snap *s, struct file *f, const struct place *p, struct crfs_fd_opath *r)
{
	struct inode *n;

	if (!S_ISREG(f->st.st_mode) && !S_ISDIR(f->st.st_mode)) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s: an O_PATH descriptor of what is "
				 "deleted and neither file nor directory: let the program close it",
				 f->link);
		return 0;
	}
	n = S_ISDIR(f->st.st_mode) ? ghost_dir(s, f->dup, p) :
	    memfd_link(f->link) ? memfd(s, f) : ghost(s, f->dup, &f->st, p);
	if (!n)
		return -ENOMEM;
	r->inode = n->id;
	return 0;
}

static int opath_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_opath r = { .mode = f->st.st_mode & S_IFMT };
	struct place p;
	int rc = file_place(s, f, &p);

	if (!rc && p.gone)
		rc = gone(s, f, &p, &r);
	if (rc < 0)
		return rc;
	if (!r.inode) {
		r.path = p.path;
		r.mnt_ns = p.mnt_ns;
	}
	text_section(out, &crfs_fd_opath_shape);
	text_rec(out, &crfs_fd_opath_shape, &r);
	return 0;
}

static void check_gone(struct image *im, struct iobj *o, const struct crfs_fd_opath *r)
{
	const struct iobj *n = image_obj(im, IOBJ_INODE, r->inode);

	inode_check(im, o, r->inode, S_ISDIR(r->mode) ? &res_inode_ghost_dir :
		    n && n->room == &res_inode_memfd ? n->room : &res_inode_ghost);
}

static void opath_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_opath *r = image_rec(o, &res_fd_opath, 0);
	struct stat st;
	int fd;

	if (r && r->inode) {
		check_gone(im, o, r);
		return;
	}
	fd = r ? place_check(im, r->mnt_ns, &r->path) : -ENODATA;
	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened: bring it back",
			       r->path.len, r->path.p);
	else if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != r->mode)
		image_mismatch(im, -EINVAL, o->path, "%.*s is of another type", r->path.len,
			       r->path.p);
	if (fd >= 0)
		close(fd);
}

/* A magic link leads to the deleted thing itself, also with O_PATH. */
static int of_inode(struct restore *rs, struct iobj *o, int fd)
{
	char path[32];
	int n;

	snprintf(path, sizeof(path), "self/fd/%d", fd);
	n = openat(rs->proc, path, (file_common(o)->flags & (O_PATH | O_DIRECTORY)) | O_CLOEXEC);
	return n < 0 ? -errno : n;
}

static int opath_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_opath *r = image_rec(o, &res_fd_opath, 0);
	int fd;

	if (r->inode) {
		fd = inode_fd(rs, o, r->inode);
		fd = fd < 0 ? fd : of_inode(rs, o, fd);
	} else {
		fd = place_open(rs, r->mnt_ns, &r->path, file_common(o)->flags);
	}
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", r->path.len, r->path.p);
	return file_made(rs, o, fd);
}

const struct resource res_fd_opath = {
	.name = "opath",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_opath_shape, NULL },
	.match = opath_match,
	.read = opath_read,
	.check = opath_check,
	.make = opath_make,
};
