/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of the vdso: the kernel's code in every process; its bytes are image. */
#ifndef CRFS_RES_INODE_VDSO_H
#define CRFS_RES_INODE_VDSO_H

#include <crfs/shape.h>

struct crfs_inode_vdso {
	__u64 size;
	__u64 vvar;		/* bytes of the data that stands before it */
};

static const struct crfs_field crfs_inode_vdso_fields[] = {
	CRFS_FIELD(struct crfs_inode_vdso, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_inode_vdso, CRFS_DEC, vvar),
};
CRFS_SHAPE(crfs_inode_vdso_shape, struct crfs_inode_vdso, CRFS_BLOCK, "vdso",
	   crfs_inode_vdso_fields);

#endif
