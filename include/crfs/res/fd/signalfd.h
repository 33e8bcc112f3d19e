/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type signalfd: which signals it reads. */
#ifndef CRFS_RES_FD_SIGNALFD_H
#define CRFS_RES_FD_SIGNALFD_H

#include <crfs/shape.h>

struct crfs_fd_signalfd {
	__u64 mask;		/* bit 0 is signal 1 */
};

static const struct crfs_field crfs_fd_signalfd_fields[] = {
	CRFS_FIELD(struct crfs_fd_signalfd, CRFS_HEX, mask),
};
CRFS_SHAPE(crfs_fd_signalfd_shape, struct crfs_fd_signalfd, CRFS_BLOCK, "signalfd",
	   crfs_fd_signalfd_fields);

#endif
