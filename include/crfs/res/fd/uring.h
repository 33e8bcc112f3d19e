/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type uring: a descriptor of an io_uring. */
#ifndef CRFS_RES_FD_URING_H
#define CRFS_RES_FD_URING_H

#include <crfs/shape.h>

struct crfs_fd_uring {
	__u32 inode;		/* inodes/<id>, type uring */
};

static const struct crfs_field crfs_fd_uring_fields[] = {
	CRFS_FIELD(struct crfs_fd_uring, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_uring_shape, struct crfs_fd_uring, CRFS_BLOCK, "uring", crfs_fd_uring_fields);

#endif
