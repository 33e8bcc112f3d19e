/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type memfd: a descriptor of a file in memory. */
#ifndef CRFS_RES_FD_MEMFD_H
#define CRFS_RES_FD_MEMFD_H

#include <crfs/shape.h>

struct crfs_fd_memfd {
	__u32 inode;		/* inodes/<id>, type memfd */
};

static const struct crfs_field crfs_fd_memfd_fields[] = {
	CRFS_FIELD(struct crfs_fd_memfd, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_memfd_shape, struct crfs_fd_memfd, CRFS_BLOCK, "memfd", crfs_fd_memfd_fields);

#endif
