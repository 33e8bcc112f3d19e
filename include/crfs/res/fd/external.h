/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type external: what the mounter has declared to stay outside, by the name he gave it. */
#ifndef CRFS_RES_FD_EXTERNAL_H
#define CRFS_RES_FD_EXTERNAL_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>

enum crfs_external_kind {
	CRFS_EXT_PIPE,		/* or a FIFO */
	CRFS_EXT_TERMINAL,
	CRFS_EXT_DEVICE,
	CRFS_EXT_FILE,
	CRFS_EXT_DIR,
	CRFS_EXT_UNIX_STREAM,
	CRFS_EXT_UNIX_DGRAM,
	CRFS_EXT_UNIX_SEQPACKET,
	CRFS_EXT_TCP,
	CRFS_EXT_TCP6,
	CRFS_EXT_BLOCK,
};

static const struct crfs_name crfs_external_kinds[] = {
	{ CRFS_EXT_PIPE, "pipe" },
	{ CRFS_EXT_TERMINAL, "terminal" },
	{ CRFS_EXT_DEVICE, "device" },
	{ CRFS_EXT_FILE, "file" },
	{ CRFS_EXT_DIR, "dir" },
	{ CRFS_EXT_UNIX_STREAM, "unix_stream" },
	{ CRFS_EXT_UNIX_DGRAM, "unix_dgram" },
	{ CRFS_EXT_UNIX_SEQPACKET, "unix_seqpacket" },
	{ CRFS_EXT_TCP, "tcp" },
	{ CRFS_EXT_TCP6, "tcp6" },
	{ CRFS_EXT_BLOCK, "block" },
	{ 0, NULL },
};

struct crfs_fd_external {
	struct crfs_str name;	/* -o external=<name>=... */
	__u8 kind;
	__u8 shutdown;		/* of a socket: 1 for reading, 2 for writing */
};

static const struct crfs_field crfs_fd_external_fields[] = {
	CRFS_FIELD(struct crfs_fd_external, CRFS_STR, name),
	CRFS_FIELD_NAMES(struct crfs_fd_external, CRFS_NAME, kind, crfs_external_kinds),
	CRFS_FIELD(struct crfs_fd_external, CRFS_DEC, shutdown),
};
CRFS_SHAPE(crfs_fd_external_shape, struct crfs_fd_external, CRFS_BLOCK, "external",
	   crfs_fd_external_fields);

#endif
