/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/time-<id>: what a time namespace adds to the clocks of the machine. */
#ifndef CRFS_RES_NS_TIME_H
#define CRFS_RES_NS_TIME_H

#include <crfs/shape.h>

struct crfs_ns_time {
	__s64 monotonic_ns;
	__s64 boottime_ns;
};

static const struct crfs_field crfs_ns_time_fields[] = {
	CRFS_FIELD(struct crfs_ns_time, CRFS_INT, monotonic_ns),
	CRFS_FIELD(struct crfs_ns_time, CRFS_INT, boottime_ns),
};
CRFS_SHAPE(crfs_ns_time_shape, struct crfs_ns_time, CRFS_BLOCK, "time", crfs_ns_time_fields);

#endif
