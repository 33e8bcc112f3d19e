/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of a System V semaphore set. */
#ifndef CRFS_RES_INODE_SYSV_SEM_H
#define CRFS_RES_INODE_SYSV_SEM_H

#include <crfs/res/inode/sysv.h>

struct crfs_sysv_sem {
	struct crfs_sysv perm;
};

static const struct crfs_field crfs_sysv_sem_fields[] = {
	CRFS_SYSV_FIELDS(struct crfs_sysv_sem),
};
CRFS_SHAPE(crfs_sysv_sem_shape, struct crfs_sysv_sem, CRFS_BLOCK, "sysv_sem", crfs_sysv_sem_fields);

/* Second section: the semaphores of the set, by their numbers */
struct crfs_semaphore {
	__u32 value;
	__u32 pid;		/* who changed it last; 0: nobody who is there */
};

static const struct crfs_field crfs_semaphore_fields[] = {
	CRFS_FIELD(struct crfs_semaphore, CRFS_DEC, value),
	CRFS_FIELD(struct crfs_semaphore, CRFS_DEC, pid),
};
CRFS_SHAPE(crfs_semaphore_shape, struct crfs_semaphore, CRFS_ROWS, "semaphores", crfs_semaphore_fields);

#endif
