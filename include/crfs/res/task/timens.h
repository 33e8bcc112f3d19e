/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/timens: the time namespace of a process that is not in that of the container's first task. */
#ifndef CRFS_RES_TASK_TIMENS_H
#define CRFS_RES_TASK_TIMENS_H

#include <crfs/shape.h>

struct crfs_timens {
	__u32 ns;		/* ns/time-<ns>; 0: that of whoever mounts */
};

static const struct crfs_field crfs_timens_fields[] = {
	CRFS_FIELD(struct crfs_timens, CRFS_DEC, ns),
};
CRFS_SHAPE(crfs_timens_shape, struct crfs_timens, CRFS_BLOCK, "timens", crfs_timens_fields);

#endif
