/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type ghost: a regular file without a name; its content is pages/<hex offset>. */
#ifndef CRFS_RES_INODE_GHOST_H
#define CRFS_RES_INODE_GHOST_H

#include <crfs/shape.h>

struct crfs_inode_ghost {
	struct crfs_str path;	/* the name it had, from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u8 tmpfile;		/* made with O_TMPFILE: @path is the directory */
	__u32 mode;		/* permission bits */
	__u32 uid;
	__u32 gid;
	__u64 size;
	__s64 mtime_ns;
};

static const struct crfs_field crfs_inode_ghost_fields[] = {
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_STR, path),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_DEC, tmpfile),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_inode_ghost, CRFS_INT, mtime_ns),
};
CRFS_SHAPE(crfs_inode_ghost_shape, struct crfs_inode_ghost, CRFS_BLOCK, "ghost",
	   crfs_inode_ghost_fields);

#endif
