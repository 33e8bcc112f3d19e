/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type eventfd: a counter. */
#ifndef CRFS_RES_FD_EVENTFD_H
#define CRFS_RES_FD_EVENTFD_H

#include <crfs/shape.h>

struct crfs_fd_eventfd {
	__u64 count;
	__u8 semaphore;
};

static const struct crfs_field crfs_fd_eventfd_fields[] = {
	CRFS_FIELD(struct crfs_fd_eventfd, CRFS_DEC, count),
	CRFS_FIELD(struct crfs_fd_eventfd, CRFS_DEC, semaphore),
};
CRFS_SHAPE(crfs_fd_eventfd_shape, struct crfs_fd_eventfd, CRFS_BLOCK, "eventfd",
	   crfs_fd_eventfd_fields);

#endif
