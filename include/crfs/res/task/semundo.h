/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/semundo: what the kernel adds to semaphores when the process ends (SEM_UNDO). */
#ifndef CRFS_RES_TASK_SEMUNDO_H
#define CRFS_RES_TASK_SEMUNDO_H

#include <crfs/shape.h>

struct crfs_semundo {
	__u32 inode;		/* inodes/<id> of the set */
	__u32 semaphore;	/* its number in the set */
	__s32 adjust;		/* semadj, semop(2) */
};

static const struct crfs_field crfs_semundo_fields[] = {
	CRFS_FIELD(struct crfs_semundo, CRFS_DEC, inode),
	CRFS_FIELD(struct crfs_semundo, CRFS_DEC, semaphore),
	CRFS_FIELD(struct crfs_semundo, CRFS_INT, adjust),
};
CRFS_SHAPE(crfs_semundo_shape, struct crfs_semundo, CRFS_ROWS, "semundo", crfs_semundo_fields);

#endif
