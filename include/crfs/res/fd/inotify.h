/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type inotify: what it watches, and events not yet read. */
#ifndef CRFS_RES_FD_INOTIFY_H
#define CRFS_RES_FD_INOTIFY_H

#include <crfs/shape.h>

struct crfs_fd_inotify {
	__u32 next_wd;		/* where the next watch's number is looked for; 0: not known */
};

static const struct crfs_field crfs_fd_inotify_fields[] = {
	CRFS_FIELD(struct crfs_fd_inotify, CRFS_DEC, next_wd),
};
CRFS_SHAPE(crfs_fd_inotify_shape, struct crfs_fd_inotify, CRFS_BLOCK, "inotify", crfs_fd_inotify_fields);

struct crfs_inotify_watch {
	__s32 wd;
	__u32 mask;
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	struct crfs_str path;
};

static const struct crfs_field crfs_inotify_watch_fields[] = {
	CRFS_FIELD(struct crfs_inotify_watch, CRFS_INT, wd),
	CRFS_FIELD(struct crfs_inotify_watch, CRFS_HEX, mask),
	CRFS_FIELD(struct crfs_inotify_watch, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inotify_watch, CRFS_STR, path),
};
CRFS_SHAPE(crfs_inotify_watch_shape, struct crfs_inotify_watch, CRFS_ROWS, "watches",
	   crfs_inotify_watch_fields);

struct crfs_inotify_event {
	__s32 wd;
	__u32 mask;
	__u32 cookie;		/* numbered from 1 in order of appearance; 0: none */
	struct crfs_str name;
};

static const struct crfs_field crfs_inotify_event_fields[] = {
	CRFS_FIELD(struct crfs_inotify_event, CRFS_INT, wd),
	CRFS_FIELD(struct crfs_inotify_event, CRFS_HEX, mask),
	CRFS_FIELD(struct crfs_inotify_event, CRFS_DEC, cookie),
	CRFS_FIELD(struct crfs_inotify_event, CRFS_STR, name),
};
CRFS_SHAPE(crfs_inotify_event_shape, struct crfs_inotify_event, CRFS_ROWS, "events",
	   crfs_inotify_event_fields);

#endif
