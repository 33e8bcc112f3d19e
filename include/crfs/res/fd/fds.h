/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/fds: the descriptor table, and the POSIX locks that belong to it. */
#ifndef CRFS_RES_FD_FDS_H
#define CRFS_RES_FD_FDS_H

#include <crfs/shape.h>

#include <crfs/res/fd/locks.h>

struct crfs_fd {
	__u32 fd;
	__u32 file;		/* files/<id> */
	__u8 cloexec;
};

static const struct crfs_field crfs_fd_fields[] = {
	CRFS_FIELD(struct crfs_fd, CRFS_DEC, fd),
	CRFS_FIELD(struct crfs_fd, CRFS_DEC, file),
	CRFS_FIELD(struct crfs_fd, CRFS_DEC, cloexec),
};
CRFS_SHAPE(crfs_fd_shape, struct crfs_fd, CRFS_ROWS, "fds", crfs_fd_fields);

/* A POSIX lock, at the descriptor through which it was taken (or one like it). */
struct crfs_posix_lock {
	__u32 fd;
	__u8 mode;
	__u64 start;
	__u64 len;		/* 0: to the end of the file, however it grows */
};

static const struct crfs_field crfs_posix_lock_fields[] = {
	CRFS_FIELD(struct crfs_posix_lock, CRFS_DEC, fd),
	CRFS_FIELD_NAMES(struct crfs_posix_lock, CRFS_NAME, mode, crfs_lock_modes),
	CRFS_FIELD(struct crfs_posix_lock, CRFS_DEC, start),
	CRFS_FIELD(struct crfs_posix_lock, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_posix_lock_shape, struct crfs_posix_lock, CRFS_ROWS, "posix_locks",
	   crfs_posix_lock_fields);

#endif
