/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type nsfd: a namespace as a descriptor. */
#ifndef CRFS_RES_FD_NSFD_H
#define CRFS_RES_FD_NSFD_H

#include <crfs/shape.h>

struct crfs_fd_nsfd {
	struct crfs_str kind;	/* as in /proc/<pid>/ns: "net" */
	__u32 ns;		/* ns/<kind>-<id>; 0: that of whoever mounts */
};

static const struct crfs_field crfs_fd_nsfd_fields[] = {
	CRFS_FIELD(struct crfs_fd_nsfd, CRFS_STR, kind),
	CRFS_FIELD(struct crfs_fd_nsfd, CRFS_DEC, ns),
};
CRFS_SHAPE(crfs_fd_nsfd_shape, struct crfs_fd_nsfd, CRFS_BLOCK, "nsfd", crfs_fd_nsfd_fields);

#endif
