/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, types ptm and pts: the two sides of a pseudoterminal. */
#ifndef CRFS_RES_FD_PTY_H
#define CRFS_RES_FD_PTY_H

#include <crfs/shape.h>

struct crfs_fd_pty {
	__u32 inode;		/* inodes/<id>, type pty */
	__u8 dev_tty;		/* opened as /dev/tty: whatever was the controlling terminal */
	struct crfs_str path;	/* what was opened: /dev/ptmx, /dev/pts/3, /dev/tty */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
};

static const struct crfs_field crfs_fd_pty_fields[] = {
	CRFS_FIELD(struct crfs_fd_pty, CRFS_DEC, inode),
	CRFS_FIELD(struct crfs_fd_pty, CRFS_DEC, dev_tty),
	CRFS_FIELD(struct crfs_fd_pty, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_pty, CRFS_DEC, mnt_ns),
};
CRFS_SHAPE(crfs_fd_pty_shape, struct crfs_fd_pty, CRFS_BLOCK, "pty", crfs_fd_pty_fields);

#endif
