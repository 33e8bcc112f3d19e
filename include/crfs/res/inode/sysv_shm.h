/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of a System V shared memory segment; its pages are pages/<hex offset>. */
#ifndef CRFS_RES_INODE_SYSV_SHM_H
#define CRFS_RES_INODE_SYSV_SHM_H

#include <crfs/res/inode/sysv.h>

struct crfs_sysv_shm {
	struct crfs_sysv perm;
	__u64 size;
	__u64 page;		/* size of its huge pages; 0: ordinary ones */
	__u8 locked;		/* SHM_LOCK */
	__u8 removed;		/* IPC_RMID: it goes with its last attachment */
};

static const struct crfs_field crfs_sysv_shm_fields[] = {
	CRFS_SYSV_FIELDS(struct crfs_sysv_shm),
	CRFS_FIELD(struct crfs_sysv_shm, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_sysv_shm, CRFS_DEC, page),
	CRFS_FIELD(struct crfs_sysv_shm, CRFS_DEC, locked),
	CRFS_FIELD(struct crfs_sysv_shm, CRFS_DEC, removed),
};
CRFS_SHAPE(crfs_sysv_shm_shape, struct crfs_sysv_shm, CRFS_BLOCK, "sysv_shm", crfs_sysv_shm_fields);

#endif
