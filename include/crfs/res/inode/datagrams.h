/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type datagrams: what waits in a UDP socket; the bytes are the payload data. */
#ifndef CRFS_RES_INODE_DATAGRAMS_H
#define CRFS_RES_INODE_DATAGRAMS_H

#include <crfs/res/fd/inet.h>

struct crfs_datagram {
	__u32 len;		/* of the bytes of data, in this order */
	__u16 family;		/* an inet6 socket has IPv4 datagrams too */
	__u8 from[16];		/* in network order; IPv4 in the first four bytes */
	__u16 from_port;
	__u8 to[16];
	struct crfs_str interface;	/* through which it came, if the socket was to know that */
	__u8 ttl;		/* or hop limit */
	__u8 tos;		/* or traffic class */
};

static const struct crfs_field crfs_datagram_fields[] = {
	CRFS_FIELD(struct crfs_datagram, CRFS_DEC, len),
	CRFS_FIELD_NAMES(struct crfs_datagram, CRFS_NAME, family, crfs_family_names),
	CRFS_FIELD(struct crfs_datagram, CRFS_BLOB, from),
	CRFS_FIELD(struct crfs_datagram, CRFS_DEC, from_port),
	CRFS_FIELD(struct crfs_datagram, CRFS_BLOB, to),
	CRFS_FIELD(struct crfs_datagram, CRFS_STR, interface),
	CRFS_FIELD(struct crfs_datagram, CRFS_DEC, ttl),
	CRFS_FIELD(struct crfs_datagram, CRFS_DEC, tos),
};
CRFS_SHAPE(crfs_datagram_shape, struct crfs_datagram, CRFS_ROWS, "datagrams", crfs_datagram_fields);

#endif
