/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/segments: those of the global descriptor table that are a thread's own, set_thread_area(2). x86-64. */
#ifndef CRFS_RES_TASK_SEGMENTS_H
#define CRFS_RES_TASK_SEGMENTS_H

#include <crfs/names.h>

#define CRFS_SEG_32BIT		0x01
#define CRFS_SEG_READ_EXEC_ONLY	0x02
#define CRFS_SEG_IN_PAGES	0x04
#define CRFS_SEG_NOT_PRESENT	0x08
#define CRFS_SEG_USEABLE	0x10

CRFS_NAMES(crfs_segment_flags) = {
	{ CRFS_SEG_32BIT, "seg_32bit" },
	{ CRFS_SEG_READ_EXEC_ONLY, "read_exec_only" },
	{ CRFS_SEG_IN_PAGES, "limit_in_pages" },
	{ CRFS_SEG_NOT_PRESENT, "seg_not_present" },
	{ CRFS_SEG_USEABLE, "useable" },
	{ 0, NULL }
};

/* struct user_desc, as modify_ldt(2) has it */
struct crfs_segment {
	__u32 entry;
	__u32 base;
	__u32 limit;
	__u32 contents;
	__u32 flags;
};

static const struct crfs_field crfs_segment_fields[] = {
	CRFS_FIELD(struct crfs_segment, CRFS_DEC, entry),
	CRFS_FIELD(struct crfs_segment, CRFS_HEX, base),
	CRFS_FIELD(struct crfs_segment, CRFS_HEX, limit),
	CRFS_FIELD(struct crfs_segment, CRFS_DEC, contents),
	CRFS_FIELD_NAMES(struct crfs_segment, CRFS_FLAGS, flags, crfs_segment_flags),
};
CRFS_SHAPE(crfs_segment_shape, struct crfs_segment, CRFS_ROWS, "segments", crfs_segment_fields);

#endif
