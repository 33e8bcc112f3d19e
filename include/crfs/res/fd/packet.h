/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type packet: a packet socket. */
#ifndef CRFS_RES_FD_PACKET_H
#define CRFS_RES_FD_PACKET_H

#include <crfs/names.h>
#include <crfs/res/fd/sockopt.h>

CRFS_NAMES(crfs_packet_types) = { { 2, "dgram" }, { 3, "raw" }, { 0, NULL } };
CRFS_NAMES(crfs_packet_groups) = {
	{ 0, "multicast" }, { 1, "promisc" }, { 2, "allmulti" }, { 3, "unicast" }, { 0, NULL },
};

struct crfs_fd_packet {
	__u32 socktype;
	__u16 protocol;			/* ETH_P_*; 0: it gets nothing */
	struct crfs_str interface;	/* empty: all of them */
	__u32 uid;
	__u32 gid;
};

static const struct crfs_field crfs_fd_packet_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_packet, CRFS_NAME, socktype, crfs_packet_types),
	CRFS_FIELD(struct crfs_fd_packet, CRFS_HEX, protocol),
	CRFS_FIELD(struct crfs_fd_packet, CRFS_STR, interface),
	CRFS_FIELD(struct crfs_fd_packet, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_fd_packet, CRFS_DEC, gid),
};
CRFS_SHAPE(crfs_fd_packet_shape, struct crfs_fd_packet, CRFS_BLOCK, "packet", crfs_fd_packet_fields);

/* What it asked its interfaces to let in, PACKET_ADD_MEMBERSHIP. */
struct crfs_packet_group {
	struct crfs_str interface;
	__u16 type;
	__u16 count;			/* how often it asked */
	__u8 len;			/* of the address */
	__u8 address[8];
};

static const struct crfs_field crfs_packet_group_fields[] = {
	CRFS_FIELD(struct crfs_packet_group, CRFS_STR, interface),
	CRFS_FIELD_NAMES(struct crfs_packet_group, CRFS_NAME, type, crfs_packet_groups),
	CRFS_FIELD(struct crfs_packet_group, CRFS_DEC, count),
	CRFS_FIELD(struct crfs_packet_group, CRFS_DEC, len),
	CRFS_FIELD(struct crfs_packet_group, CRFS_BLOB, address),
};
CRFS_SHAPE(crfs_packet_group_shape, struct crfs_packet_group, CRFS_ROWS, "groups",
	   crfs_packet_group_fields);

#endif
