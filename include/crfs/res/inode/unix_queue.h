/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type unix_queue: what waits to be read from a unix socket; the bytes are the payload data. */
#ifndef CRFS_RES_INODE_UNIX_QUEUE_H
#define CRFS_RES_INODE_UNIX_QUEUE_H

#include <crfs/shape.h>

/* A datagram or packet; in a stream, bytes up to where sender or descriptors change. */
struct crfs_unix_message {
	__u32 len;
	__u8 creds;		/* the sender is known: SCM_CREDENTIALS */
	__u32 pid;
	__u32 uid;
	__u32 gid;
	struct crfs_str from;	/* the name of the socket it was sent from */
	struct crfs_str files;	/* files/<id> of the descriptors in it, SCM_RIGHTS */
};

static const struct crfs_field crfs_unix_message_fields[] = {
	CRFS_FIELD(struct crfs_unix_message, CRFS_DEC, len),
	CRFS_FIELD(struct crfs_unix_message, CRFS_DEC, creds),
	CRFS_FIELD(struct crfs_unix_message, CRFS_DEC, pid),
	CRFS_FIELD(struct crfs_unix_message, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_unix_message, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_unix_message, CRFS_STR, from),
	CRFS_FIELD(struct crfs_unix_message, CRFS_LIST, files),
};
CRFS_SHAPE(crfs_unix_message_shape, struct crfs_unix_message, CRFS_ROWS, "messages",
	   crfs_unix_message_fields);

#endif
