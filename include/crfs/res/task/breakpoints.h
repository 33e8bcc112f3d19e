/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/breakpoints: those that the CPU has for a thread, and a debugger has left in it. x86-64. */
#ifndef CRFS_RES_TASK_BREAKPOINTS_H
#define CRFS_RES_TASK_BREAKPOINTS_H

#include <crfs/names.h>

/* RW of debug register 7 */
CRFS_NAMES(crfs_breakpoint_names) = {
	{ 0, "run" },
	{ 1, "write" },
	{ 3, "access" },
	{ 0, NULL }
};

struct crfs_breakpoint {
	__u32 number;
	__u64 address;
	__u32 on;
	__u32 length;
};

static const struct crfs_field crfs_breakpoint_fields[] = {
	CRFS_FIELD(struct crfs_breakpoint, CRFS_DEC, number),
	CRFS_FIELD(struct crfs_breakpoint, CRFS_HEX, address),
	CRFS_FIELD_NAMES(struct crfs_breakpoint, CRFS_NAME, on, crfs_breakpoint_names),
	CRFS_FIELD(struct crfs_breakpoint, CRFS_DEC, length),
};
CRFS_SHAPE(crfs_breakpoint_shape, struct crfs_breakpoint, CRFS_ROWS, "breakpoints", crfs_breakpoint_fields);

#endif
