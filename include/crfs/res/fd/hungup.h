/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type hungup: a slave of a pseudoterminal whose master is closed. */
#ifndef CRFS_RES_FD_HUNGUP_H
#define CRFS_RES_FD_HUNGUP_H

#include <crfs/shape.h>

struct crfs_fd_hungup {
	struct crfs_str path;	/* the name it had: /dev/pts/3 */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
};

static const struct crfs_field crfs_fd_hungup_fields[] = {
	CRFS_FIELD(struct crfs_fd_hungup, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_hungup, CRFS_DEC, mnt_ns),
};
CRFS_SHAPE(crfs_fd_hungup_shape, struct crfs_fd_hungup, CRFS_BLOCK, "hungup", crfs_fd_hungup_fields);

#endif
