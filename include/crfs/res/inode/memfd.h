/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of a memfd; its pages are pages/<hex offset>. */
#ifndef CRFS_RES_INODE_MEMFD_H
#define CRFS_RES_INODE_MEMFD_H

#include <crfs/shape.h>

/* F_SEAL_*, fcntl(2) */
static const struct crfs_name crfs_seals[] = {
	{ 0x01, "seal" },
	{ 0x02, "shrink" },
	{ 0x04, "grow" },
	{ 0x08, "write" },
	{ 0x10, "future_write" },
	{ 0x20, "exec" },
	{ 0, NULL },
};

struct crfs_inode_memfd {
	struct crfs_str name;
	__u64 size;
	__u64 page;		/* size of its huge pages; 0: ordinary ones */
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 seals;
};

static const struct crfs_field crfs_inode_memfd_fields[] = {
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_STR, name),
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_DEC, page),
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_inode_memfd, CRFS_DEC, gid),
	CRFS_FIELD_NAMES(struct crfs_inode_memfd, CRFS_FLAGS, seals, crfs_seals),
};
CRFS_SHAPE(crfs_inode_memfd_shape, struct crfs_inode_memfd, CRFS_BLOCK, "memfd",
	   crfs_inode_memfd_fields);

#endif
