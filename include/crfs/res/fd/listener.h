/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type listener: a listening TCP socket of the host network. */
#ifndef CRFS_RES_FD_LISTENER_H
#define CRFS_RES_FD_LISTENER_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>

struct crfs_fd_listener {
	__u16 family;		/* 2: IPv4, 10: IPv6 */
	__u8 addr[16];		/* in network order; IPv4 in the first four bytes */
	__u16 port;
	__u32 scope;		/* IPv6 scope id */
	__u32 backlog;
	struct crfs_str congestion;
};

static const struct crfs_field crfs_fd_listener_fields[] = {
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_BLOB, addr),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, port),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, scope),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, backlog),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_STR, congestion),
};
CRFS_SHAPE(crfs_fd_listener_shape, struct crfs_fd_listener, CRFS_BLOCK, "listener",
	   crfs_fd_listener_fields);

#endif
