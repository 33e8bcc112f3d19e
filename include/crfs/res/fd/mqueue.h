/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id> of type mqueue: a descriptor of a POSIX message queue. */
#ifndef CRFS_RES_FD_MQUEUE_H
#define CRFS_RES_FD_MQUEUE_H

#include <crfs/shape.h>

struct crfs_fd_mqueue {
	__u32 inode;
};

static const struct crfs_field crfs_fd_mqueue_fields[] = {
	CRFS_FIELD(struct crfs_fd_mqueue, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_mqueue_shape, struct crfs_fd_mqueue, CRFS_BLOCK, "mqueue", crfs_fd_mqueue_fields);

#endif
