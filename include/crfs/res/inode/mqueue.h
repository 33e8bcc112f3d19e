/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of a POSIX message queue; the texts of its messages, joined, are data. */
#ifndef CRFS_RES_INODE_MQUEUE_H
#define CRFS_RES_INODE_MQUEUE_H

#include <crfs/shape.h>

/* struct sigevent, mq_notify(3) */
enum crfs_mq_notify {
	CRFS_MQ_NOBODY,
	CRFS_MQ_SIGNAL,
	CRFS_MQ_NONE,	/* registered, and told nothing */
};

static const struct crfs_name crfs_mq_notify_names[] = {
	{ CRFS_MQ_NOBODY, "nobody" },
	{ CRFS_MQ_SIGNAL, "SIGEV_SIGNAL" },
	{ CRFS_MQ_NONE, "SIGEV_NONE" },
	{ 0, NULL },
};

struct crfs_mqueue {
	__u32 ipc_ns;		/* ns/ipc-<id> it is in; 0: that of whoever mounts */
	struct crfs_str name;	/* without the slash that mq_open(3) wants */
	__u8 unlinked;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 maxmsg;		/* how many messages it holds, and how long they are at most */
	__u32 msgsize;
	__u8 notify;
	__u32 signal;
	__u64 value;		/* that the signal comes with: sigev_value */
	__u32 process;		/* who is told when a message comes: tasks/<tid>; 0: nobody */
};

static const struct crfs_field crfs_mqueue_fields[] = {
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, ipc_ns),
	CRFS_FIELD(struct crfs_mqueue, CRFS_STR, name),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, unlinked),
	CRFS_FIELD(struct crfs_mqueue, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, maxmsg),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, msgsize),
	CRFS_FIELD_NAMES(struct crfs_mqueue, CRFS_NAME, notify, crfs_mq_notify_names),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, signal),
	CRFS_FIELD(struct crfs_mqueue, CRFS_HEX, value),
	CRFS_FIELD(struct crfs_mqueue, CRFS_DEC, process),
};
CRFS_SHAPE(crfs_mqueue_shape, struct crfs_mqueue, CRFS_BLOCK, "mqueue", crfs_mqueue_fields);

/* Second section: the messages as they will be received */
struct crfs_mq_message {
	__u32 priority;
	__u32 len;		/* bytes of data */
};

static const struct crfs_field crfs_mq_message_fields[] = {
	CRFS_FIELD(struct crfs_mq_message, CRFS_DEC, priority),
	CRFS_FIELD(struct crfs_mq_message, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_mq_message_shape, struct crfs_mq_message, CRFS_ROWS, "messages", crfs_mq_message_fields);

#endif
