/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type dir: a directory; deleted ones are inodes (inode/ghost_dir). */
#ifndef CRFS_RES_FD_DIR_H
#define CRFS_RES_FD_DIR_H

#include <crfs/shape.h>

#include <crfs/res/fd/locks.h>

struct crfs_fd_dir {
	struct crfs_str path;	/* from the root of its mount namespace; empty with @inode */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 inode;		/* inodes/<id> of a deleted one, else 0 */
};

static const struct crfs_field crfs_fd_dir_fields[] = {
	CRFS_FIELD(struct crfs_fd_dir, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_dir, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_dir, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_dir_shape, struct crfs_fd_dir, CRFS_BLOCK, "dir", crfs_fd_dir_fields);

#endif
