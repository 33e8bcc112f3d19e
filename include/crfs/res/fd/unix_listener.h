/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type unix_listener: a listening unix socket. */
#ifndef CRFS_RES_FD_UNIX_LISTENER_H
#define CRFS_RES_FD_UNIX_LISTENER_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>

struct crfs_fd_unix_listener {
	__u8 socktype;		/* 1: stream, 5: seqpacket */
	struct crfs_str name;	/* as it was bound, also relative; abstract ones begin with a NUL */
	struct crfs_str path;	/* of the socket's file, from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u8 unlinked;		/* the file is gone */
	__u32 mode;		/* permission bits of the file */
	__u32 uid;
	__u32 gid;
	__u32 backlog;
	__u32 maker_pid;	/* who listens, as SO_PEERCRED says to who connects; 0: nobody that the tree knows */
	__s64 maker_uid;	/* -1: none */
	__s64 maker_gid;
	struct crfs_str maker_groups;
};

static const struct crfs_field crfs_fd_unix_listener_fields[] = {
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, socktype),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_STR, name),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, unlinked),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, backlog),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_DEC, maker_pid),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_INT, maker_uid),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_INT, maker_gid),
	CRFS_FIELD(struct crfs_fd_unix_listener, CRFS_LIST, maker_groups),
};
CRFS_SHAPE(crfs_fd_unix_listener_shape, struct crfs_fd_unix_listener, CRFS_BLOCK, "unix_listener",
	   crfs_fd_unix_listener_fields);

/* A connection that waits to be accepted and whose other end was closed; the others stand with their other ends */
struct crfs_unix_waiting {
	__u32 place;		/* in the queue, from 1 */
	struct crfs_str peer_name;	/* that the other end had */
	__u32 peer_pid;		/* who connected, as SO_PEERCRED will say; 0: nobody that the tree knows */
	__s64 peer_uid;		/* -1: none */
	__s64 peer_gid;
	struct crfs_str peer_groups;	/* SO_PEERGROUPS */
	__u32 queue;		/* inodes/<id>, type unix_queue: what was sent; 0: nothing */
};

static const struct crfs_field crfs_unix_waiting_fields[] = {
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_DEC, place),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_STR, peer_name),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_DEC, peer_pid),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_INT, peer_uid),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_INT, peer_gid),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_LIST, peer_groups),
	CRFS_FIELD(struct crfs_unix_waiting, CRFS_DEC, queue),
};
CRFS_SHAPE_OPTIONAL(crfs_unix_waiting_shape, struct crfs_unix_waiting, "waiting", crfs_unix_waiting_fields);

#endif
