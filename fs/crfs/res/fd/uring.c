// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of an io_uring(7), which itself is an inode (inode/uring). */
#include <crfs/res/fd/uring.h>

#include "res/inode/uring.h"

static bool uring_match(const struct cfile *f)
{
	return uring_named(f->link);
}

static int uring_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_uring r;
	int id = uring_show(s, obj);

	if (id < 0)
		return id;
	r.inode = id;
	text_section(out, &crfs_fd_uring_shape);
	text_rec(out, &crfs_fd_uring_shape, &r);
	return 0;
}

const struct room res_fd_uring = {
	.name = "uring",
	.scope = PER_FILE,
	.match = uring_match,
	.read = uring_read,
};
