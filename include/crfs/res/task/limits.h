/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<pid>/limits: resource limits of a process. */
#ifndef CRFS_RES_TASK_LIMITS_H
#define CRFS_RES_TASK_LIMITS_H

#include <crfs/names.h>

#define CRFS_NR_RLIMITS 16

struct crfs_limit {
	__u32 resource;
	__u64 soft;
	__u64 hard;
};

static const struct crfs_field crfs_limits_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_limit, CRFS_NAME, resource, crfs_rlimit_names),
	CRFS_FIELD_NAMES(struct crfs_limit, CRFS_NAME, soft, crfs_rlimit_values),
	CRFS_FIELD_NAMES(struct crfs_limit, CRFS_NAME, hard, crfs_rlimit_values),
};
CRFS_SHAPE(crfs_limits_shape, struct crfs_limit, CRFS_ROWS, "limits", crfs_limits_fields);

#endif
