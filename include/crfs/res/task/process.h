/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<pid>/process: what a process as a whole has set. */
#ifndef CRFS_RES_TASK_PROCESS_H
#define CRFS_RES_TASK_PROCESS_H

#include <crfs/shape.h>

struct crfs_process {
	__u8 child_subreaper;
	__s32 oom_score_adj;
	__s32 autogroup_nice;	/* of its session's autogroup, sched(7) */
	__u32 children_pid_ns;	/* ns/pid-<id> its children are born in; 0: its own */
	__u64 xcomp_perm;	/* features of the extended state it may use, ARCH_GET_XCOMP_PERM */
};

static const struct crfs_field crfs_process_fields[] = {
	CRFS_FIELD(struct crfs_process, CRFS_DEC, child_subreaper),
	CRFS_FIELD(struct crfs_process, CRFS_INT, oom_score_adj),
	CRFS_FIELD(struct crfs_process, CRFS_INT, autogroup_nice),
	CRFS_FIELD(struct crfs_process, CRFS_DEC, children_pid_ns),
	CRFS_FIELD(struct crfs_process, CRFS_HEX, xcomp_perm),
};
CRFS_SHAPE(crfs_process_shape, struct crfs_process, CRFS_BLOCK, "process", crfs_process_fields);

#endif
