/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type tcp: a TCP socket that does not listen; what is in its queues is an inode. */
#ifndef CRFS_RES_FD_TCP_H
#define CRFS_RES_FD_TCP_H

#include <crfs/shape.h>

#include <crfs/res/fd/sockopt.h>

/* TCP states, <netinet/tcp.h>; those that a socket with a descriptor can be in */
enum crfs_tcp_state {
	CRFS_TCP_ESTABLISHED = 1,
	CRFS_TCP_SYN_SENT = 2,
	CRFS_TCP_FIN_WAIT1 = 4,
	CRFS_TCP_FIN_WAIT2 = 5,
	CRFS_TCP_CLOSE = 7,
	CRFS_TCP_CLOSE_WAIT = 8,
	CRFS_TCP_LAST_ACK = 9,
	CRFS_TCP_CLOSING = 11,
};

static const struct crfs_name crfs_tcp_states[] = {
	{ CRFS_TCP_ESTABLISHED, "ESTABLISHED" },
	{ CRFS_TCP_SYN_SENT, "SYN_SENT" },
	{ CRFS_TCP_FIN_WAIT1, "FIN_WAIT1" },
	{ CRFS_TCP_FIN_WAIT2, "FIN_WAIT2" },
	{ CRFS_TCP_CLOSE, "CLOSE" },
	{ CRFS_TCP_CLOSE_WAIT, "CLOSE_WAIT" },
	{ CRFS_TCP_LAST_ACK, "LAST_ACK" },
	{ CRFS_TCP_CLOSING, "CLOSING" },
	{ 0, NULL },
};

/* What became of the connection of a socket in CLOSE */
enum crfs_tcp_ended { CRFS_TCP_NEVER, CRFS_TCP_ENDED, CRFS_TCP_FAILED };

static const struct crfs_name crfs_tcp_ends[] = {
	{ CRFS_TCP_NEVER, "no" },
	{ CRFS_TCP_ENDED, "yes" },
	{ CRFS_TCP_FAILED, "error" },
	{ 0, NULL },
};

/* What both sides have agreed on when they connected: TCPI_OPT_* */
static const struct crfs_name crfs_tcp_options[] = {
	{ 0x1, "timestamps" },
	{ 0x2, "sack" },
	{ 0x4, "wscale" },
	{ 0, NULL },
};

/* Rows behind the options: places in queues where data is urgent (MSG_OOB) */
#define CRFS_URGENT_WAITS "urgent_waits"	/* the byte there has come and was not read */
#define CRFS_URGENT_TAKEN "urgent_taken"	/* the byte there was read with MSG_OOB, and is passed over */
#define CRFS_URGENT_SENT "urgent_sent"	/* so many bytes end with the one that was sent last with MSG_OOB */

struct crfs_fd_tcp {
	__u8 state;
	__u8 ended;		/* in CLOSE: had a connection; "error": and has an error to tell */
	__u8 shut_rd;		/* shutdown(2) with SHUT_RD */
	__u16 family;		/* 2: IPv4, 10: IPv6 */
	struct crfs_str addr;	/* as inet_ntop(3) prints it; empty with no port: not bound */
	__u16 port;
	__u32 scope;		/* IPv6 scope id */
	struct crfs_str peer;	/* empty: none */
	__u16 peer_port;
	__u32 peer_scope;
	__u32 snd_seq;		/* behind the last byte that was written, and behind our FIN */
	__u32 rcv_seq;		/* behind the last byte that has come, and behind the peer's FIN */
	__u32 unacked;		/* bytes sent and not acknowledged: the first of the queue "send" */
	__u32 unsent;		/* bytes written and not sent: the rest of it */
	__u32 unread;		/* bytes that have come and were not read: the queue "recv" */
	__u32 snd_wl1;		/* struct tcp_repair_window */
	__u32 snd_wnd;
	__u32 max_window;
	__u32 rcv_wnd;
	__u32 rcv_wup;
	__u32 mss;		/* what the peer takes at most */
	__u8 agreed;
	__u8 snd_wscale;
	__u8 rcv_wscale;
	__u32 ts_offset;	/* of timestamps from CLOCK_MONOTONIC in ms, without the last bit */
	__u32 sndbuf;
	__u32 rcvbuf;
	struct crfs_str congestion;
	__u32 queues;		/* inodes/<id>; 0: they are empty */
};

static const struct crfs_field crfs_fd_tcp_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_tcp, CRFS_NAME, state, crfs_tcp_states),
	CRFS_FIELD_NAMES(struct crfs_fd_tcp, CRFS_NAME, ended, crfs_tcp_ends),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, shut_rd),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_STR, addr),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, port),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, scope),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_STR, peer),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, peer_port),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, peer_scope),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, snd_seq),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, rcv_seq),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, unacked),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, unsent),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, unread),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, snd_wl1),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, snd_wnd),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, max_window),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, rcv_wnd),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, rcv_wup),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, mss),
	CRFS_FIELD_NAMES(struct crfs_fd_tcp, CRFS_FLAGS, agreed, crfs_tcp_options),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, snd_wscale),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, rcv_wscale),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, ts_offset),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, sndbuf),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, rcvbuf),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_STR, congestion),
	CRFS_FIELD(struct crfs_fd_tcp, CRFS_DEC, queues),
};
CRFS_SHAPE(crfs_fd_tcp_shape, struct crfs_fd_tcp, CRFS_BLOCK, "tcp", crfs_fd_tcp_fields);

#endif
