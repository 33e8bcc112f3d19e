/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/mempolicy: on which NUMA nodes single mappings have their pages, mbind(2). */
#ifndef CRFS_RES_MM_MEMPOLICY_H
#define CRFS_RES_MM_MEMPOLICY_H

#include <crfs/names.h>

struct crfs_mm_mempolicy {
	__u64 start;
	__u64 end;
	__u32 policy;
	__u32 flags;
	struct crfs_str nodes;
};

static const struct crfs_field crfs_mm_mempolicy_fields[] = {
	CRFS_FIELD(struct crfs_mm_mempolicy, CRFS_HEX, start),
	CRFS_FIELD(struct crfs_mm_mempolicy, CRFS_HEX, end),
	CRFS_FIELD_NAMES(struct crfs_mm_mempolicy, CRFS_NAME, policy, crfs_mempolicy_names),
	CRFS_FIELD_NAMES(struct crfs_mm_mempolicy, CRFS_FLAGS, flags, crfs_mempolicy_flags),
	CRFS_FIELD(struct crfs_mm_mempolicy, CRFS_LIST, nodes),
};
CRFS_SHAPE(crfs_mm_mempolicy_shape, struct crfs_mm_mempolicy, CRFS_ROWS, "mempolicy", crfs_mm_mempolicy_fields);

#endif
