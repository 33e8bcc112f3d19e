/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/wait: how long a call that was interrupted would have waited still. */
#ifndef CRFS_RES_TASK_WAIT_H
#define CRFS_RES_TASK_WAIT_H

#include <crfs/shape.h>

struct crfs_wait {
	__u64 left_ns;
};

static const struct crfs_field crfs_wait_fields[] = {
	CRFS_FIELD(struct crfs_wait, CRFS_DEC, left_ns),
};
CRFS_SHAPE(crfs_wait_shape, struct crfs_wait, CRFS_BLOCK, "wait", crfs_wait_fields);

#endif
