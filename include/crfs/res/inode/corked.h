/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type corked: a datagram of a UDP socket that is not complete yet; the bytes are the payload data. */
#ifndef CRFS_RES_INODE_CORKED_H
#define CRFS_RES_INODE_CORKED_H

#include <crfs/res/fd/inet.h>

#define CRFS_CORKED "corked"	/* the row behind the options of its socket that names it */

struct crfs_corked {
	__u16 family;		/* an inet6 socket may send to IPv4, too */
	__u8 to[16];		/* in network order; IPv4 in the first four bytes */
	__u16 to_port;
	__u8 from[16];
	struct crfs_str interface;	/* through which it goes, if that was said */
	__u8 ttl;		/* or hop limit; 0: what is usual for the socket */
	__s32 tos;		/* or traffic class; -1: the socket's */
	__u16 segment;		/* UDP_SEGMENT: it becomes several of so many bytes; 0: one */
	__u32 len;		/* of data */
};

static const struct crfs_field crfs_corked_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_corked, CRFS_NAME, family, crfs_family_names),
	CRFS_FIELD(struct crfs_corked, CRFS_BLOB, to),
	CRFS_FIELD(struct crfs_corked, CRFS_DEC, to_port),
	CRFS_FIELD(struct crfs_corked, CRFS_BLOB, from),
	CRFS_FIELD(struct crfs_corked, CRFS_STR, interface),
	CRFS_FIELD(struct crfs_corked, CRFS_DEC, ttl),
	CRFS_FIELD(struct crfs_corked, CRFS_INT, tos),
	CRFS_FIELD(struct crfs_corked, CRFS_DEC, segment),
	CRFS_FIELD(struct crfs_corked, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_corked_shape, struct crfs_corked, CRFS_BLOCK, "corked", crfs_corked_fields);

#endif
