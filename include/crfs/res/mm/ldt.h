/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/ldt: a local descriptor table, modify_ldt(2). x86-64. */
#ifndef CRFS_RES_MM_LDT_H
#define CRFS_RES_MM_LDT_H

#include <crfs/res/task/segments.h>

CRFS_SHAPE(crfs_ldt_shape, struct crfs_segment, CRFS_ROWS, "ldt", crfs_segment_fields);

#endif
