/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Locks that belong to an open file description: flock, OFD locks, leases. */
#ifndef CRFS_RES_FD_LOCKS_H
#define CRFS_RES_FD_LOCKS_H

#include <crfs/shape.h>

enum crfs_lock_kind { CRFS_LOCK_FLOCK, CRFS_LOCK_OFD, CRFS_LOCK_LEASE };
enum crfs_lock_mode { CRFS_LOCK_READ, CRFS_LOCK_WRITE };

static const struct crfs_name crfs_lock_kinds[] = {
	{ CRFS_LOCK_FLOCK, "flock" },
	{ CRFS_LOCK_OFD, "ofd" },
	{ CRFS_LOCK_LEASE, "lease" },
	{ 0, NULL },
};

static const struct crfs_name crfs_lock_modes[] = {
	{ CRFS_LOCK_READ, "read" },
	{ CRFS_LOCK_WRITE, "write" },
	{ 0, NULL },
};

struct crfs_lock {
	__u8 kind;
	__u8 mode;
	__u64 start;
	__u64 len;		/* 0: to the end of the file, however it grows */
};

static const struct crfs_field crfs_lock_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_lock, CRFS_NAME, kind, crfs_lock_kinds),
	CRFS_FIELD_NAMES(struct crfs_lock, CRFS_NAME, mode, crfs_lock_modes),
	CRFS_FIELD(struct crfs_lock, CRFS_DEC, start),
	CRFS_FIELD(struct crfs_lock, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_lock_shape, struct crfs_lock, CRFS_ROWS, "locks", crfs_lock_fields);

#endif
