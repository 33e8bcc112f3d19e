// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a POSIX message queue; the queue, with its messages, is an inode. */
#include <linux/stat.h>

#include <crfs/res/fd/mqueue.h>

#include "internal.h"
#include "res/inode/mqueue.h"

#define STATUS_SIZE 80	/* FILENT_SIZE, ipc/mqueue.c: the size of each */

static bool mqueue_match(const struct cfile *f)
{
	return S_ISREG(f->st.mode) && !(f->flags & O_PATH) && f->st.size == STATUS_SIZE && file_is_mqueue(f);
}

static int mqueue_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct cinode *n = mqueue_inode(s, f->file);
	struct crfs_fd_mqueue r;
	u32 ns;

	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_mqueue_shape);
	text_rec(out, &crfs_fd_mqueue_shape, &r);
	if (!mqueue_ns(s, f->file, &ns))
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "%s is a queue of an IPC namespace that no task of the container is in: let the program close it",
				 f->link);
	return 0;
}

const struct room res_fd_mqueue = {
	.name = "mqueue",
	.scope = PER_FILE,
	.match = mqueue_match,
	.read = mqueue_read,
};
