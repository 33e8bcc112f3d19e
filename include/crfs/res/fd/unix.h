/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type unix: a unix socket that does not listen. */
#ifndef CRFS_RES_FD_UNIX_H
#define CRFS_RES_FD_UNIX_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>

static const struct crfs_name crfs_unix_types[] = {
	{ 1, "stream" }, { 2, "dgram" }, { 5, "seqpacket" }, { 0, NULL },
};

/* Whom it is connected to. */
enum crfs_unix_link {
	CRFS_UNIX_NONE,		/* nobody */
	CRFS_UNIX_PEER,		/* @peer */
	CRFS_UNIX_GONE,		/* a socket that was closed */
	CRFS_UNIX_WAITS,	/* a connection that waits to be accepted by @peer, a listener */
};

static const struct crfs_name crfs_unix_links[] = {
	{ CRFS_UNIX_NONE, "none" }, { CRFS_UNIX_PEER, "peer" }, { CRFS_UNIX_GONE, "gone" },
	{ CRFS_UNIX_WAITS, "waits" }, { 0, NULL },
};

/* sk_shutdown: what it can do no more */
static const struct crfs_name crfs_unix_shutdowns[] = {
	{ 1, "read" }, { 2, "write" }, { 0, NULL },
};

struct crfs_fd_unix {
	__u8 socktype;
	__u32 mode;		/* of the socket itself, as fstat(2) has it */
	__u32 uid;
	__u32 gid;
	struct crfs_str name;	/* as it was bound, also relative; abstract ones begin with a NUL */
	__u8 accepted;		/* the name is that of the listener which accepted it */
	struct crfs_str path;	/* of the file of a socket bound to one, from the root of its mounts */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u8 unlinked;		/* that file is gone */
	__u32 path_mode;	/* its permission bits and owner */
	__u32 path_uid;
	__u32 path_gid;
	__u8 connected;
	__u32 peer;		/* files/<id> */
	__u32 place;		/* waits: its place in the listener's queue, from 1 */
	struct crfs_str peer_name;	/* gone: the name it had */
	__u8 shutdown;
	__u8 reset;		/* the next read that finds nothing gives ECONNRESET, once */
	__u32 peer_pid;		/* SO_PEERCRED; 0: nobody that the tree knows */
	__s64 peer_uid;		/* -1: none */
	__s64 peer_gid;
	struct crfs_str peer_groups;	/* SO_PEERGROUPS */
	__u32 queue;		/* inodes/<id>, type unix_queue: what waits to be read; 0: nothing */
};

static const struct crfs_field crfs_fd_unix_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_unix, CRFS_NAME, socktype, crfs_unix_types),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_STR, name),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, accepted),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, unlinked),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_OCT, path_mode),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, path_uid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, path_gid),
	CRFS_FIELD_NAMES(struct crfs_fd_unix, CRFS_NAME, connected, crfs_unix_links),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, peer),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, place),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_STR, peer_name),
	CRFS_FIELD_NAMES(struct crfs_fd_unix, CRFS_FLAGS, shutdown, crfs_unix_shutdowns),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, reset),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, peer_pid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_INT, peer_uid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_INT, peer_gid),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_LIST, peer_groups),
	CRFS_FIELD(struct crfs_fd_unix, CRFS_DEC, queue),
};
CRFS_SHAPE(crfs_fd_unix_shape, struct crfs_fd_unix, CRFS_BLOCK, "unix", crfs_fd_unix_fields);

#endif
