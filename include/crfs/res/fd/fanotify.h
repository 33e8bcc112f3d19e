/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type fanotify: an instance and its marks. */
#ifndef CRFS_RES_FD_FANOTIFY_H
#define CRFS_RES_FD_FANOTIFY_H

#include <crfs/names.h>

/* FAN_MARK_* */
CRFS_NAMES(crfs_fanotify_kinds) = {
	{ 0, "inode" }, { 0x10, "mount" }, { 0x100, "filesystem" }, { 0, NULL },
};

struct crfs_fd_fanotify {
	__u32 init_flags;	/* fanotify_init(2) */
	__u32 event_flags;	/* of the files that events bring */
};

static const struct crfs_field crfs_fd_fanotify_fields[] = {
	CRFS_FIELD(struct crfs_fd_fanotify, CRFS_HEX, init_flags),
	CRFS_FIELD(struct crfs_fd_fanotify, CRFS_OCT, event_flags),
};
CRFS_SHAPE(crfs_fd_fanotify_shape, struct crfs_fd_fanotify, CRFS_BLOCK, "fanotify",
	   crfs_fd_fanotify_fields);

struct crfs_fanotify_mark {
	__u32 kind;
	__u64 mask;
	__u64 ignored;		/* the mask of what is not told */
	__u32 flags;		/* FAN_MARK_IGNORED_SURV_MODIFY, EVICTABLE, IGNORE */
	__u32 mnt_ns;
	struct crfs_str path;	/* what is marked, or where it is mounted */
};

static const struct crfs_field crfs_fanotify_mark_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fanotify_mark, CRFS_NAME, kind, crfs_fanotify_kinds),
	CRFS_FIELD(struct crfs_fanotify_mark, CRFS_HEX, mask),
	CRFS_FIELD(struct crfs_fanotify_mark, CRFS_HEX, ignored),
	CRFS_FIELD(struct crfs_fanotify_mark, CRFS_HEX, flags),
	CRFS_FIELD(struct crfs_fanotify_mark, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fanotify_mark, CRFS_STR, path),
};
CRFS_SHAPE(crfs_fanotify_mark_shape, struct crfs_fanotify_mark, CRFS_ROWS, "marks",
	   crfs_fanotify_mark_fields);

#endif
