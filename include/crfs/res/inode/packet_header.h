/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type packet_header: what a socket puts into the header of all its packets; the bytes are the payload data. */
#ifndef CRFS_RES_INODE_PACKET_HEADER_H
#define CRFS_RES_INODE_PACKET_HEADER_H

#include <crfs/shape.h>

struct crfs_packet_header {
	struct crfs_str option;	/* ip_options, ipv6_hopopts, ... */
	__u32 len;		/* of data */
};

static const struct crfs_field crfs_packet_header_fields[] = {
	CRFS_FIELD(struct crfs_packet_header, CRFS_STR, option),
	CRFS_FIELD(struct crfs_packet_header, CRFS_DEC, len),
};
CRFS_SHAPE(crfs_packet_header_shape, struct crfs_packet_header, CRFS_BLOCK, "packet_header", crfs_packet_header_fields);

#endif
