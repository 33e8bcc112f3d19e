/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/flags: what of an address space is put back last of all. */
#ifndef CRFS_RES_MM_FLAGS_H
#define CRFS_RES_MM_FLAGS_H

#include <crfs/shape.h>

struct crfs_mm_flags {
	__u32 coredump_filter;
	__u32 dumpable;		/* PR_GET_DUMPABLE */
	__u32 mdwe;		/* PR_GET_MDWE */
	__u32 membarrier;	/* MEMBARRIER_CMD_GET_REGISTRATIONS */
};

static const struct crfs_field crfs_mm_flags_fields[] = {
	CRFS_FIELD(struct crfs_mm_flags, CRFS_HEX, coredump_filter),
	CRFS_FIELD(struct crfs_mm_flags, CRFS_DEC, dumpable),
	CRFS_FIELD(struct crfs_mm_flags, CRFS_HEX, mdwe),
	CRFS_FIELD(struct crfs_mm_flags, CRFS_HEX, membarrier),
};
CRFS_SHAPE(crfs_mm_flags_shape, struct crfs_mm_flags, CRFS_BLOCK, "flags", crfs_mm_flags_fields);

#endif
