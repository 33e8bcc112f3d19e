/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * inodes/<id>, type packet_ring: the rings of a packet socket (PACKET_MMAP), a row each. What they hold is the payload
 * data: all of the one for receiving, then all of the one for sending, as they are mapped.
 */
#ifndef CRFS_RES_INODE_PACKET_RING_H
#define CRFS_RES_INODE_PACKET_RING_H

#include <crfs/names.h>
#include <crfs/shape.h>

/* Among the options of the socket: the number of that inode */
#define CRFS_PACKET_RING "packet_ring"

enum crfs_packet_ring_kind { CRFS_RING_RX, CRFS_RING_TX };

CRFS_NAMES(crfs_packet_ring_kinds) = { { CRFS_RING_RX, "rx" }, { CRFS_RING_TX, "tx" }, { 0, NULL } };

struct crfs_packet_ring {
	__u8 ring;
	__u32 block_size;
	__u32 blocks;
	__u32 frame_size;
	__u32 frames;
	__u32 retire;		/* of TPACKET_V3: after how many milliseconds a block is closed */
	__u32 priv;		/* bytes of each block that are the program's */
	__u32 features;		/* TP_FT_REQ_* */
	__u32 head;		/* the frame, or block of TPACKET_V3, that the kernel turns to next */
	__u64 seq;		/* the number that this block has, or gets */
};

static const struct crfs_field crfs_packet_ring_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_packet_ring, CRFS_NAME, ring, crfs_packet_ring_kinds),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, block_size),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, blocks),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, frame_size),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, frames),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, retire),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, priv),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_HEX, features),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, head),
	CRFS_FIELD(struct crfs_packet_ring, CRFS_DEC, seq),
};
CRFS_SHAPE(crfs_packet_ring_shape, struct crfs_packet_ring, CRFS_ROWS, "packet_ring", crfs_packet_ring_fields);

#endif
