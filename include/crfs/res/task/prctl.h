/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/prctl: what a process has switched by prctl(2) that hardly any does; a row for each. */
#ifndef CRFS_RES_TASK_PRCTL_H
#define CRFS_RES_TASK_PRCTL_H

#include <crfs/names.h>

#define CRFS_PR_TIMER_IDS 77	/* PR_TIMER_CREATE_RESTORE_IDS, 6.15 */
#define CRFS_PR_FUTEX_HASH 78	/* 6.16 */

CRFS_NAMES(crfs_prctl_names) = {
	{ CRFS_PR_TIMER_IDS, "PR_TIMER_CREATE_RESTORE_IDS" },
	{ CRFS_PR_FUTEX_HASH, "PR_FUTEX_HASH" },
	{ 0, NULL }
};

struct crfs_prctl {
	__u32 option;
	__u64 value;	/* 1: on; of PR_FUTEX_HASH how many slots, 0: those that all processes share */
};

static const struct crfs_field crfs_prctl_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_prctl, CRFS_NAME, option, crfs_prctl_names),
	CRFS_FIELD(struct crfs_prctl, CRFS_DEC, value),
};
CRFS_SHAPE(crfs_prctl_shape, struct crfs_prctl, CRFS_ROWS, "prctl", crfs_prctl_fields);

#endif
