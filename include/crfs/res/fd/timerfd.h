/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type timerfd: a timer. */
#ifndef CRFS_RES_FD_TIMERFD_H
#define CRFS_RES_FD_TIMERFD_H

#include <crfs/shape.h>

static const struct crfs_name crfs_clocks[] = {
	{ 0, "realtime" },
	{ 1, "monotonic" },
	{ 7, "boottime" },
	{ 8, "realtime_alarm" },
	{ 9, "boottime_alarm" },
	{ 0, NULL },
};

static const struct crfs_name crfs_timerfd_flags[] = {
	{ 1, "abstime" },
	{ 2, "cancel_on_set" },
	{ 0, NULL },
};

struct crfs_fd_timerfd {
	__u8 clock;
	__u32 settime_flags;
	__u64 ticks;		/* expirations not yet read */
	__u64 interval_ns;
	__u64 remaining_ns;	/* 0: not armed */
	__s64 expires_ns;	/* on its clock, if it was set to an absolute time; else 0 */
};

static const struct crfs_field crfs_fd_timerfd_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_timerfd, CRFS_NAME, clock, crfs_clocks),
	CRFS_FIELD_NAMES(struct crfs_fd_timerfd, CRFS_FLAGS, settime_flags, crfs_timerfd_flags),
	CRFS_FIELD(struct crfs_fd_timerfd, CRFS_DEC, ticks),
	CRFS_FIELD(struct crfs_fd_timerfd, CRFS_DEC, interval_ns),
	CRFS_FIELD(struct crfs_fd_timerfd, CRFS_DEC, remaining_ns),
	CRFS_FIELD(struct crfs_fd_timerfd, CRFS_INT, expires_ns),
};
CRFS_SHAPE(crfs_fd_timerfd_shape, struct crfs_fd_timerfd, CRFS_BLOCK, "timerfd",
	   crfs_fd_timerfd_fields);

#endif
