/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * inodes/<id>, type uring: an io_uring(7), as io_uring_setup(2) has made it, and where in its two rings the kernel is. What is
 * in both as they are mapped at IORING_OFF_SQ_RING is the payload rings, its requests (IORING_OFF_SQES) the payload sqes.
 */
#ifndef CRFS_RES_INODE_URING_H
#define CRFS_RES_INODE_URING_H

#include <crfs/shape.h>

struct crfs_inode_uring {
	__u32 flags;		/* IORING_SETUP_* */
	__u32 sq_entries;
	__u32 cq_entries;
	__u32 taken;		/* requests that the kernel has taken so far, modulo 2^32 */
	__u32 told;		/* results that it has put in so far */
	__u32 array;		/* where in rings the numbers of requests are; 0: nowhere (IORING_SETUP_NO_SQARRAY) */
	__u32 cqes;		/* where in it results are */
};

static const struct crfs_field crfs_inode_uring_fields[] = {
	CRFS_FIELD(struct crfs_inode_uring, CRFS_HEX, flags),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, sq_entries),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, cq_entries),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, taken),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, told),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, array),
	CRFS_FIELD(struct crfs_inode_uring, CRFS_DEC, cqes),
};
CRFS_SHAPE(crfs_inode_uring_shape, struct crfs_inode_uring, CRFS_BLOCK, "uring", crfs_inode_uring_fields);

#endif
