/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type pidfd: a handle on a process or thread. */
#ifndef CRFS_RES_FD_PIDFD_H
#define CRFS_RES_FD_PIDFD_H

#include <crfs/shape.h>

struct crfs_fd_pidfd {
	__u32 pid;		/* 0: it is gone, and waited for */
};

static const struct crfs_field crfs_fd_pidfd_fields[] = {
	CRFS_FIELD(struct crfs_fd_pidfd, CRFS_DEC, pid),
};
CRFS_SHAPE(crfs_fd_pidfd_shape, struct crfs_fd_pidfd, CRFS_BLOCK, "pidfd", crfs_fd_pidfd_fields);

#endif
