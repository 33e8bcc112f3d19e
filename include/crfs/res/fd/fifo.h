/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type fifo: a pipe that has a name. */
#ifndef CRFS_RES_FD_FIFO_H
#define CRFS_RES_FD_FIFO_H

#include <crfs/shape.h>

struct crfs_fd_fifo {
	struct crfs_str path;	/* from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 inode;		/* inodes/<id>, type pipe: what is in it */
};

static const struct crfs_field crfs_fd_fifo_fields[] = {
	CRFS_FIELD(struct crfs_fd_fifo, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_fifo, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_fifo, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_fifo_shape, struct crfs_fd_fifo, CRFS_BLOCK, "fifo", crfs_fd_fifo_fields);

#endif
