// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anonymous pipes: each end a description; what is in the pipe is an inode of the tree
 * (inode/pipe).
 *
 * From /proc/<tid>/fd and fdinfo. At restore the inode is made first and the ends are opened from
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <crfs/res/fd/pipe.h>

#include "fdroom.h"
#include "res/inode/pipe.h"
#include "rooms.h"

static bool pipe_match(const struct file *f)
{
	return S_ISFIFO(f->st.st_mode) && !(f->flags & O_PATH) &&
	       strncmp(f->link, "pipe:[", 6) == 0;
}

static int pipe_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = pipe_inode(s, obj);
	struct crfs_fd_pipe r;

	if (!n)
		return -EIO;
	r.inode = n->id;
	text_section(out, &crfs_fd_pipe_shape);
	text_rec(out, &crfs_fd_pipe_shape, &r);
	return 0;
}

static void pipe_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_pipe *r = image_rec(o, &res_fd_pipe, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_pipe);
}

static int pipe_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_pipe *r = image_rec(o, &res_fd_pipe, 0);

	int fd = pipe_open(rs, o, r->inode), rc = 0;

	if (fd >= 0 && o->fired)
		rc = pipe_fire(rs, o, r->inode, fd);
	return rc ? rc : file_made(rs, o, fd);
}

const struct resource res_fd_pipe = {
	.name = "pipe",
	.scope = PER_FILE,
	.fires = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_pipe_shape, NULL },
	.match = pipe_match,
	.read = pipe_read,
	.check = pipe_check,
	.make = pipe_make,
};
