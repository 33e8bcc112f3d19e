/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/sched: scheduling of a thread: policy, CPUs, I/O priority, timer slack, NUMA policy. */
#ifndef CRFS_RES_TASK_SCHED_H
#define CRFS_RES_TASK_SCHED_H

#include <crfs/names.h>

/* SCHED_FLAG_*, sched_setattr(2) */
CRFS_NAMES(crfs_sched_flags) = {
	{ 0x1, "SCHED_FLAG_RESET_ON_FORK" },
	{ 0x2, "SCHED_FLAG_RECLAIM" },
	{ 0x4, "SCHED_FLAG_DL_OVERRUN" },
	{ 0, NULL }
};

struct crfs_sched {
	__u32 policy;
	__u32 priority;		/* of the real-time policies, 1..99 */
	__s32 nice;
	__u64 sched_flags;
	__u64 runtime_ns;	/* deadline policy; else the time slice, 0: the kernel's default */
	__u64 deadline_ns;
	__u64 period_ns;
	__u32 util_min;
	__u32 util_max;
	struct crfs_str cpus;	/* list; "" if it may run on all that there are */
	__u32 ioprio_class;
	__u32 ioprio_data;
	__u64 timer_slack_ns;	/* 0: real-time policy, has none */
	__u32 mempolicy;
	__u32 mempolicy_flags;
	struct crfs_str mempolicy_nodes;
	__u8 io_flusher;
};

#define CRFS_SCHED(t, m) CRFS_FIELD(struct crfs_sched, t, m)
#define CRFS_SCHED_NAMES(t, m, n) CRFS_FIELD_NAMES(struct crfs_sched, t, m, n)
static const struct crfs_field crfs_sched_fields[] = {
	CRFS_SCHED_NAMES(CRFS_NAME, policy, crfs_policy_names),
	CRFS_SCHED(CRFS_DEC, priority),
	CRFS_SCHED(CRFS_INT, nice),
	CRFS_SCHED_NAMES(CRFS_FLAGS, sched_flags, crfs_sched_flags),
	CRFS_SCHED(CRFS_DEC, runtime_ns),
	CRFS_SCHED(CRFS_DEC, deadline_ns),
	CRFS_SCHED(CRFS_DEC, period_ns),
	CRFS_SCHED(CRFS_DEC, util_min),
	CRFS_SCHED(CRFS_DEC, util_max),
	CRFS_SCHED(CRFS_LIST, cpus),
	CRFS_SCHED_NAMES(CRFS_NAME, ioprio_class, crfs_ioprio_names),
	CRFS_SCHED(CRFS_DEC, ioprio_data),
	CRFS_SCHED(CRFS_DEC, timer_slack_ns),
	CRFS_SCHED_NAMES(CRFS_NAME, mempolicy, crfs_mempolicy_names),
	CRFS_SCHED_NAMES(CRFS_FLAGS, mempolicy_flags, crfs_mempolicy_flags),
	CRFS_SCHED(CRFS_LIST, mempolicy_nodes),
	CRFS_SCHED(CRFS_DEC, io_flusher),
};
CRFS_SHAPE(crfs_sched_shape, struct crfs_sched, CRFS_BLOCK, "sched", crfs_sched_fields);

#endif
