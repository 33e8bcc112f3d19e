/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type ghost_dir: a directory that was removed while in use. */
#ifndef CRFS_RES_INODE_GHOST_DIR_H
#define CRFS_RES_INODE_GHOST_DIR_H

#include <crfs/shape.h>

struct crfs_inode_ghost_dir {
	struct crfs_str path;	/* the name it had, from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 mode;		/* permission bits */
	__u32 uid;
	__u32 gid;
};

static const struct crfs_field crfs_inode_ghost_dir_fields[] = {
	CRFS_FIELD(struct crfs_inode_ghost_dir, CRFS_STR, path),
	CRFS_FIELD(struct crfs_inode_ghost_dir, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inode_ghost_dir, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_inode_ghost_dir, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_inode_ghost_dir, CRFS_DEC, gid),
};
CRFS_SHAPE(crfs_inode_ghost_dir_shape, struct crfs_inode_ghost_dir, CRFS_BLOCK, "ghost_dir",
	   crfs_inode_ghost_dir_fields);

#endif
