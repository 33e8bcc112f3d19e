// SPDX-License-Identifier: GPL-2.0-only
/* The end of a pipe; the pipe is an inode. */
#include <linux/stat.h>

#include <crfs/res/fd/pipe.h>

#include "internal.h"

static bool pipe_match(const struct cfile *f)
{
	return S_ISFIFO(f->st.mode) && !(f->flags & O_PATH) && !strncmp(f->link, "pipe:[", 6);
}

static int pipe_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = pipe_inode(s, obj);
	struct crfs_fd_pipe r;

	if (IS_ERR(n))
		return PTR_ERR(n);
	r.inode = n->id;
	text_section(out, &crfs_fd_pipe_shape);
	text_rec(out, &crfs_fd_pipe_shape, &r);
	return 0;
}

const struct room res_fd_pipe = {
	.name = "pipe",
	.scope = PER_FILE,
	.fires = true,
	.match = pipe_match,
	.read = pipe_read,
};
