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
/* What is not as in a new one: the second section, if there is any. */
struct crfs_ns_pid_sysctl {
	struct crfs_str sysctl;		/* "kernel.pid_max" */
	struct crfs_str value;
};

static const struct crfs_field crfs_ns_pid_sysctl_fields[] = {
	CRFS_FIELD(struct crfs_ns_pid_sysctl, CRFS_STR, sysctl),
	CRFS_FIELD(struct crfs_ns_pid_sysctl, CRFS_STR, value),
};
CRFS_SHAPE_OPTIONAL(crfs_ns_pid_sysctl_shape, struct crfs_ns_pid_sysctl, "pid_sysctl", crfs_ns_pid_sysctl_fields);

CRFS_SHAPE(crfs_ns_pid_shape, struct crfs_ns_pid, CRFS_BLOCK, "pid", crfs_ns_pid_fields);

#endif
