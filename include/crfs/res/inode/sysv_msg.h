/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>/status of a System V message queue; the texts of its messages, joined, are data. */
#ifndef CRFS_RES_INODE_SYSV_MSG_H
#define CRFS_RES_INODE_SYSV_MSG_H

#include <crfs/res/inode/sysv.h>

struct crfs_sysv_msg {
	struct crfs_sysv perm;
	__u64 qbytes;		/* how much may wait in it */
	__u32 lspid;		/* who sent and received last; 0: nobody who is there */
	__u32 lrpid;
};

static const struct crfs_field crfs_sysv_msg_fields[] = {
	CRFS_SYSV_FIELDS(struct crfs_sysv_msg),
	CRFS_FIELD(struct crfs_sysv_msg, CRFS_DEC, qbytes),
	CRFS_FIELD(struct crfs_sysv_msg, CRFS_DEC, lspid),
	CRFS_FIELD(struct crfs_sysv_msg, CRFS_DEC, lrpid),
};
CRFS_SHAPE(crfs_sysv_msg_shape, struct crfs_sysv_msg, CRFS_BLOCK, "sysv_msg", crfs_sysv_msg_fields);

/* Second section: the messages, first in first */
struct crfs_message {
	__s64 type;
	__u32 len;		/* bytes of data */
};

static const struct crfs_field crfs_message_fields[] = {
	CRFS_FIELD(struct crfs_message, CRFS_INT, type),
	CRFS_FIELD(struct crfs_message, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_message_shape, struct crfs_message, CRFS_ROWS, "messages", crfs_message_fields);

#endif
