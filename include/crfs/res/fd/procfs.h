/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type procfs: something below /proc/<pid>, also of a process that is gone. */
#ifndef CRFS_RES_FD_PROCFS_H
#define CRFS_RES_FD_PROCFS_H

#include <crfs/shape.h>

struct crfs_fd_procfs {
	__u32 pid;		/* of the tree */
	struct crfs_str path;	/* below /proc/<pid>; empty: that itself */
	__u32 mnt_ns;		/* whose /proc; ns/mnt-<id>, 0: that of whoever mounts */
	__u32 mode;		/* file type bits of st_mode */
	__u8 dead;		/* the process is gone, and waited for */
};

static const struct crfs_field crfs_fd_procfs_fields[] = {
	CRFS_FIELD(struct crfs_fd_procfs, CRFS_DEC, pid),
	CRFS_FIELD(struct crfs_fd_procfs, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_procfs, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_procfs, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_fd_procfs, CRFS_DEC, dead),
};
CRFS_SHAPE(crfs_fd_procfs_shape, struct crfs_fd_procfs, CRFS_BLOCK, "procfs", crfs_fd_procfs_fields);

#endif
