/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type listener: a listening TCP or MPTCP socket, and the connections that wait in it. */
#ifndef CRFS_RES_FD_LISTENER_H
#define CRFS_RES_FD_LISTENER_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>
#include <crfs/res/fd/tcp.h>

struct crfs_fd_listener {
	__u16 protocol;		/* 6: TCP, 262: MPTCP */
	__u16 family;		/* 2: IPv4, 10: IPv6 */
	__u8 addr[16];		/* in network order; IPv4 in the first four bytes */
	__u16 port;
	__u32 scope;		/* IPv6 scope id */
	__u32 backlog;
	struct crfs_str congestion;
};

static const struct crfs_field crfs_fd_listener_fields[] = {
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, protocol),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_BLOB, addr),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, port),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, scope),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_DEC, backlog),
	CRFS_FIELD(struct crfs_fd_listener, CRFS_STR, congestion),
};
CRFS_SHAPE(crfs_fd_listener_shape, struct crfs_fd_listener, CRFS_BLOCK, "listener",
	   crfs_fd_listener_fields);

/* A connection that waits to be accepted, in the order of accept(2) */
struct crfs_waiting {
	struct crfs_str addr;	/* our end: the listener may be bound to no address */
	struct crfs_str peer;
	__u16 peer_port;
	__u32 peer_scope;
	__u8 state;
	__u32 snd_seq;		/* behind our SYN: nothing was sent yet */
	__u32 rcv_seq;		/* behind the last byte that has come, and behind the peer's FIN */
	__u32 snd_wnd;		/* what the peer takes */
	__u32 mss;
	__u8 agreed;
	__u8 snd_wscale;
	__u8 rcv_wscale;
	__u32 ts_recent;	/* the last timestamp of a peer outside */
	__u32 unread;		/* bytes that have come: the queue "recv" */
	__u32 queue;		/* inodes/<id>; 0: none have */
};

static const struct crfs_field crfs_waiting_fields[] = {
	CRFS_FIELD(struct crfs_waiting, CRFS_STR, addr),
	CRFS_FIELD(struct crfs_waiting, CRFS_STR, peer),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, peer_port),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, peer_scope),
	CRFS_FIELD_NAMES(struct crfs_waiting, CRFS_NAME, state, crfs_tcp_states),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, snd_seq),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, rcv_seq),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, snd_wnd),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, mss),
	CRFS_FIELD_NAMES(struct crfs_waiting, CRFS_FLAGS, agreed, crfs_tcp_options),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, snd_wscale),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, rcv_wscale),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, ts_recent),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, unread),
	CRFS_FIELD(struct crfs_waiting, CRFS_DEC, queue),
};
CRFS_SHAPE(crfs_waiting_shape, struct crfs_waiting, CRFS_ROWS, "waiting", crfs_waiting_fields);

#endif
