// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors of an io_uring(7), which itself is an inode (inode/uring). */
#include <fcntl.h>
#include <unistd.h>

#include <crfs/res/fd/uring.h>

#include "fdroom.h"
#include "res/inode/uring.h"
#include "rooms.h"

static bool uring_match(const struct file *f)
{
	return !strcmp(f->link, CRFS_URING_NAME);
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

static void uring_check_file(struct image *im, struct iobj *o)
{
	const struct crfs_fd_uring *r = image_rec(o, &res_fd_uring, 0);

	if (r)
		inode_check(im, o, r->inode, &res_inode_uring);
}

/* One has one description. */
static int uring_make_file(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_uring *r = image_rec(o, &res_fd_uring, 0);
	int fd = inode_fd(rs, o, r->inode);

	return file_made(rs, o, fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

const struct resource res_fd_uring = {
	.name = "uring",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_uring_shape, NULL },
	.match = uring_match,
	.read = uring_read,
	.check = uring_check_file,
	.make = uring_make_file,
};
