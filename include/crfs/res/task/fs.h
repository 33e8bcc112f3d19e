/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/fs: umask, current and root directory. */
#ifndef CRFS_RES_TASK_FS_H
#define CRFS_RES_TASK_FS_H

#include <crfs/shape.h>

struct crfs_fs {
	__u32 umask;
	struct crfs_str cwd;	/* both from the root of the mount namespace */
	__u32 cwd_inode;	/* inodes/<id> if it was removed, else 0 */
	struct crfs_str root;
};

static const struct crfs_field crfs_fs_fields[] = {
	CRFS_FIELD(struct crfs_fs, CRFS_OCT, umask),
	CRFS_FIELD(struct crfs_fs, CRFS_STR, cwd),
	CRFS_FIELD(struct crfs_fs, CRFS_DEC, cwd_inode),
	CRFS_FIELD(struct crfs_fs, CRFS_STR, root),
};
CRFS_SHAPE(crfs_fs_shape, struct crfs_fs, CRFS_BLOCK, "fs", crfs_fs_fields);

#endif
