/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of shared anonymous memory; its pages are data/<hex offset>. */
#ifndef CRFS_RES_INODE_SHM_H
#define CRFS_RES_INODE_SHM_H

#include <crfs/shape.h>

struct crfs_inode_shm {
	__u64 size;
};

static const struct crfs_field crfs_inode_shm_fields[] = {
	CRFS_FIELD(struct crfs_inode_shm, CRFS_DEC, size),
};
CRFS_SHAPE(crfs_inode_shm_shape, struct crfs_inode_shm, CRFS_BLOCK, "shm",
	   crfs_inode_shm_fields);

#endif
