/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type regular: a regular file that has a name. */
#ifndef CRFS_RES_FD_REGULAR_H
#define CRFS_RES_FD_REGULAR_H

#include <crfs/shape.h>

#include <crfs/res/fd/locks.h>

struct crfs_fd_regular {
	struct crfs_str path;	/* from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u64 size;		/* size, mtime_ns, ino: 0 in proc, sysfs and their like */
	__s64 mtime_ns;
	__u64 ino;
};

static const struct crfs_field crfs_fd_regular_fields[] = {
	CRFS_FIELD(struct crfs_fd_regular, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_regular, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_regular, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_fd_regular, CRFS_INT, mtime_ns),
	CRFS_FIELD(struct crfs_fd_regular, CRFS_DEC, ino),
};
CRFS_SHAPE(crfs_fd_regular_shape, struct crfs_fd_regular, CRFS_BLOCK, "regular",
	   crfs_fd_regular_fields);

#endif
