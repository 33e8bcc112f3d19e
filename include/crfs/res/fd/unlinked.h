/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type unlinked: a regular file without a name; its content is an inode. */
#ifndef CRFS_RES_FD_UNLINKED_H
#define CRFS_RES_FD_UNLINKED_H

#include <crfs/shape.h>

#include <crfs/res/fd/locks.h>

struct crfs_fd_unlinked {
	__u32 inode;		/* inodes/<id>, type ghost */
};

static const struct crfs_field crfs_fd_unlinked_fields[] = {
	CRFS_FIELD(struct crfs_fd_unlinked, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_unlinked_shape, struct crfs_fd_unlinked, CRFS_BLOCK, "unlinked",
	   crfs_fd_unlinked_fields);

#endif
