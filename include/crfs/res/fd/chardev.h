/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type chardev: /dev/null and its like, which have no state. */
#ifndef CRFS_RES_FD_CHARDEV_H
#define CRFS_RES_FD_CHARDEV_H

#include <crfs/shape.h>

#include <crfs/res/fd/locks.h>

struct crfs_fd_chardev {
	struct crfs_str path;	/* from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 major;
	__u32 minor;
};

static const struct crfs_field crfs_fd_chardev_fields[] = {
	CRFS_FIELD(struct crfs_fd_chardev, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_chardev, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_chardev, CRFS_DEC, major),
	CRFS_FIELD(struct crfs_fd_chardev, CRFS_DEC, minor),
};
CRFS_SHAPE(crfs_fd_chardev_shape, struct crfs_fd_chardev, CRFS_BLOCK, "chardev",
	   crfs_fd_chardev_fields);

#endif
