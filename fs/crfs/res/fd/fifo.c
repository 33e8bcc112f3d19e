// SPDX-License-Identifier: GPL-2.0-only
/* The end of a pipe that has a name; the pipe is an inode. */
#include <linux/stat.h>

#include <crfs/res/fd/fifo.h>

#include "internal.h"

static bool fifo_match(const struct cfile *f)
{
	return S_ISFIFO(f->st.mode) && !(f->flags & O_PATH) && *f->link == '/';
}

static int fifo_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = pipe_inode(s, obj);
	struct crfs_fd_fifo r;

	if (IS_ERR(n))
		return PTR_ERR(n);
	r.inode = n->id;
	text_section(out, &crfs_fd_fifo_shape);
	text_rec(out, &crfs_fd_fifo_shape, &r);
	return 0;
}

const struct room res_fd_fifo = {
	.name = "fifo",
	.scope = PER_FILE,
	.match = fifo_match,
	.read = fifo_read,
};
