/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of shared anonymous memory; its pages are pages/<hex offset>. */
#ifndef CRFS_RES_INODE_SHM_H
#define CRFS_RES_INODE_SHM_H

#include <crfs/shape.h>

struct crfs_inode_shm {
	__u64 size;
	__u64 page;		/* size of its huge pages; 0: ordinary ones */
};

static const struct crfs_field crfs_inode_shm_fields[] = {
	CRFS_FIELD(struct crfs_inode_shm, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_inode_shm, CRFS_DEC, page),
};
CRFS_SHAPE(crfs_inode_shm_shape, struct crfs_inode_shm, CRFS_BLOCK, "shm",
	   crfs_inode_shm_fields);

#endif
