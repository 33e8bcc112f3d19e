/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type tcp_queue: what a TCP socket holds, as payloads recv and send. */
#ifndef CRFS_RES_INODE_TCP_QUEUE_H
#define CRFS_RES_INODE_TCP_QUEUE_H

#include <crfs/shape.h>

struct crfs_inode_tcp_queue {
	__u32 recv;		/* bytes that have come and were not read */
	__u32 send;		/* bytes written and not acknowledged by the peer */
};

static const struct crfs_field crfs_inode_tcp_queue_fields[] = {
	CRFS_FIELD(struct crfs_inode_tcp_queue, CRFS_DEC, recv),
	CRFS_FIELD(struct crfs_inode_tcp_queue, CRFS_DEC, send),
};
CRFS_SHAPE(crfs_inode_tcp_queue_shape, struct crfs_inode_tcp_queue, CRFS_BLOCK, "tcp_queue",
	   crfs_inode_tcp_queue_fields);

#endif
