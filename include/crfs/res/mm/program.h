/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/program: the program file, where no path leads to it any more. */
#ifndef CRFS_RES_MM_PROGRAM_H
#define CRFS_RES_MM_PROGRAM_H

#include <crfs/shape.h>

struct crfs_mm_program {
	__u32 inode;
};

static const struct crfs_field crfs_mm_program_fields[] = {
	CRFS_FIELD(struct crfs_mm_program, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_mm_program_shape, struct crfs_mm_program, CRFS_BLOCK, "program", crfs_mm_program_fields);

#endif
