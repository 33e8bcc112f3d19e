/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type unknown: what cannot be carried; such a tree never restores. */
#ifndef CRFS_RES_FD_UNKNOWN_H
#define CRFS_RES_FD_UNKNOWN_H

#include <crfs/shape.h>

struct crfs_fd_unknown {
	struct crfs_str what;	/* the link that /proc shows */
};

static const struct crfs_field crfs_fd_unknown_fields[] = {
	CRFS_FIELD(struct crfs_fd_unknown, CRFS_STR, what),
};
CRFS_SHAPE(crfs_fd_unknown_shape, struct crfs_fd_unknown, CRFS_BLOCK, "unknown",
	   crfs_fd_unknown_fields);

#endif
