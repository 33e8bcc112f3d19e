/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type epoll: what it watches. */
#ifndef CRFS_RES_FD_EPOLL_H
#define CRFS_RES_FD_EPOLL_H

#include <crfs/shape.h>

struct crfs_fd_epoll {
	__u32 items;		/* number of rows that follow */
	__u32 busy_poll_usecs;	/* EPIOCGPARAMS, Linux 6.9 */
	__u16 busy_poll_budget;
	__u8 prefer_busy_poll;
};

static const struct crfs_field crfs_fd_epoll_fields[] = {
	CRFS_FIELD(struct crfs_fd_epoll, CRFS_DEC, items),
	CRFS_FIELD(struct crfs_fd_epoll, CRFS_DEC, busy_poll_usecs),
	CRFS_FIELD(struct crfs_fd_epoll, CRFS_DEC, busy_poll_budget),
	CRFS_FIELD(struct crfs_fd_epoll, CRFS_DEC, prefer_busy_poll),
};
CRFS_SHAPE(crfs_fd_epoll_shape, struct crfs_fd_epoll, CRFS_BLOCK, "epoll", crfs_fd_epoll_fields);

struct crfs_epoll_item {
	__u32 tfd;		/* the number it was added by; may be closed, or another file, now */
	__u32 file;		/* files/<id> */
	__u32 events;
	__u64 data;
};

static const struct crfs_field crfs_epoll_item_fields[] = {
	CRFS_FIELD(struct crfs_epoll_item, CRFS_DEC, tfd),
	CRFS_FIELD(struct crfs_epoll_item, CRFS_DEC, file),
	CRFS_FIELD(struct crfs_epoll_item, CRFS_HEX, events),
	CRFS_FIELD(struct crfs_epoll_item, CRFS_HEX, data),
};
CRFS_SHAPE(crfs_epoll_item_shape, struct crfs_epoll_item, CRFS_ROWS, "items",
	   crfs_epoll_item_fields);

#endif
