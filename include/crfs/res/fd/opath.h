/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type opath: a place in the file system opened with O_PATH. */
#ifndef CRFS_RES_FD_OPATH_H
#define CRFS_RES_FD_OPATH_H

#include <crfs/shape.h>

struct crfs_fd_opath {
	struct crfs_str path;	/* from the root of its mount namespace; empty with @inode */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 mode;		/* file type bits of st_mode */
	__u32 inode;		/* inodes/<id> of a deleted one, else 0 */
};

static const struct crfs_field crfs_fd_opath_fields[] = {
	CRFS_FIELD(struct crfs_fd_opath, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_opath, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_opath, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_fd_opath, CRFS_DEC, inode),
};
CRFS_SHAPE(crfs_fd_opath_shape, struct crfs_fd_opath, CRFS_BLOCK, "opath", crfs_fd_opath_fields);

#endif
