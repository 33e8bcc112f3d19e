/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type fifo: a pipe that has a name. */
#ifndef CRFS_RES_FD_FIFO_H
#define CRFS_RES_FD_FIFO_H

#include <crfs/shape.h>

struct crfs_fd_fifo {
	__u32 inode;		/* inodes/<id>, type pipe: its path, and what is in it */
};

static const struct crfs_field crfs_fd_fifo_fields[] = {
	CRFS_FIELD(struct crfs_fd_fifo, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_fifo_shape, struct crfs_fd_fifo, CRFS_BLOCK, "fifo", crfs_fd_fifo_fields);

#endif
