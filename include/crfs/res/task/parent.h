/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<pid>/parent: which thread of its parent a process belongs to, if not the first. */
#ifndef CRFS_RES_TASK_PARENT_H
#define CRFS_RES_TASK_PARENT_H

#include <crfs/shape.h>

struct crfs_parent {
	__u32 thread;
};

static const struct crfs_field crfs_parent_fields[] = {
	CRFS_FIELD(struct crfs_parent, CRFS_DEC, thread),
};
CRFS_SHAPE(crfs_parent_shape, struct crfs_parent, CRFS_BLOCK, "parent", crfs_parent_fields);

#endif
