/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type pipe: an end of an anonymous pipe. */
#ifndef CRFS_RES_FD_PIPE_H
#define CRFS_RES_FD_PIPE_H

#include <crfs/shape.h>

struct crfs_fd_pipe {
	__u32 inode;		/* inodes/<id>, type pipe */
};

static const struct crfs_field crfs_fd_pipe_fields[] = {
	CRFS_FIELD(struct crfs_fd_pipe, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_pipe_shape, struct crfs_fd_pipe, CRFS_BLOCK, "pipe", crfs_fd_pipe_fields);

#endif
