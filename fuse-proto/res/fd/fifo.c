// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FIFOs: pipes that have a name, or had one; what is in them is an inode of the tree (inode/pipe).
 *
 * From /proc/<tid>/fd and fdinfo. At restore the inode is made first and the ends are opened from
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <crfs/res/fd/fifo.h>

#include "fdroom.h"
#include "res/inode/pipe.h"
#include "rooms.h"

static bool fifo_match(const struct file *f)
{
	return S_ISFIFO(f->st.st_mode) && !(f->flags & O_PATH) && *f->link == '/';
}

static int fifo_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = pipe_inode(s, obj);
	struct crfs_fd_fifo r;

	if (!n)
		return -EIO;
	r.inode = n->id;
	text_section(out, &crfs_fd_fifo_shape);
	text_rec(out, &crfs_fd_fifo_shape, &r);
	return 0;
}

static void fifo_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_fifo *r = image_rec(o, &res_fd_fifo, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_pipe);
}

static int fifo_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_fifo *r = image_rec(o, &res_fd_fifo, 0);

	return file_made(rs, o, pipe_open(rs, o, r->inode));
}

const struct resource res_fd_fifo = {
	.name = "fifo",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_fifo_shape, NULL },
	.match = fifo_match,
	.read = fifo_read,
	.check = fifo_check,
	.make = fifo_make,
};
