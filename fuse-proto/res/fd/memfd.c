// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors of memfds; the file itself, with its pages and seals, is an inode (inode/memfd).
 *
 * From /proc/<tid>/fd. No name leads to one: what has a name is a file that is called so. The first
 * description of a memfd is one like any other: all are opened from the inode.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <crfs/res/fd/memfd.h>

#include "fdroom.h"
#include "proc.h"
#include "res/inode/memfd.h"
#include "rooms.h"

static bool memfd_match(const struct file *f)
{
	return S_ISREG(f->st.st_mode) && !(f->flags & O_PATH) && !f->st.st_nlink && !strncmp(f->link, "/memfd:", 7);
}

static int memfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_memfd r;
	struct file *f = obj;
	struct inode *n;
	int own = proc_open(s->proc, O_RDONLY, "self/fd/%d", f->dup);

	if (own < 0)
		return fail_on(s->err, own, file_obj(s, f), "opening %s", f->link);
	n = snap_inode(s, &res_inode_memfd, f->st.st_dev, f->st.st_ino, own);
	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_memfd_shape);
	text_rec(out, &crfs_fd_memfd_shape, &r);
	return 0;
}

static void memfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_memfd *r = image_rec(o, &res_fd_memfd, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_memfd);
}

static int memfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_memfd *r = image_rec(o, &res_fd_memfd, 0);
	int fd = inode_fd(rs, o, r->inode);

	return file_made(rs, o, fd < 0 ? fd : file_reopen(rs, o, fd));
}

const struct resource res_fd_memfd = {
	.name = "memfd",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_memfd_shape, NULL },
	.match = memfd_match,
	.read = memfd_read,
	.check = memfd_check,
	.make = memfd_make,
};
