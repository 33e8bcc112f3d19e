/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/pid-<id>: a pid namespace. */
#ifndef CRFS_RES_NS_PID_H
#define CRFS_RES_NS_PID_H

#include <crfs/shape.h>

struct crfs_ns_pid {
	__u32 parent;	/* ns/pid-<id> it lies in; 0: that of whoever mounts */
	__u32 init;	/* its first process: tasks/<tid> */
};

static const struct crfs_field crfs_ns_pid_fields[] = {
	CRFS_FIELD(struct crfs_ns_pid, CRFS_DEC, parent),
	CRFS_FIELD(struct crfs_ns_pid, CRFS_DEC, init),
};
CRFS_SHAPE(crfs_ns_pid_shape, struct crfs_ns_pid, CRFS_BLOCK, "pid", crfs_ns_pid_fields);

#endif
