/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How the rings of packet sockets are laid out, and what is made of what they hold. */
#ifndef CRFS_PACKET_RINGS_H
#define CRFS_PACKET_RINGS_H

#include <linux/if_packet.h>

#include <crfs/res/inode/packet_ring.h>

#define CRFS_RING_NAME "socket:"	/* how mappings of rings are called */
#define CRFS_RING_MOST (256U << 20)	/* bytes of both rings */
#define CRFS_BLOCK_HEAD 48		/* of a block of TPACKET_V3: BLK_HDR_LEN, net/packet/af_packet.c */

/** crfs_ring_size() - bytes that are mapped of it */
static inline __u64 crfs_ring_size(const struct crfs_packet_ring *r)
{
	return (__u64)r->block_size * r->blocks;
}

/** crfs_ring_blocks() - does the kernel fill it block by block? */
static inline bool crfs_ring_blocks(const struct crfs_packet_ring *r, int version)
{
	return version == TPACKET_V3 && r->ring == CRFS_RING_RX;
}

/** crfs_ring_frame() - of the ring at @base, frame @i */
static inline char *crfs_ring_frame(const struct crfs_packet_ring *r, char *base, __u32 i)
{
	const __u32 n = r->block_size / r->frame_size;

	return base + (__u64)(i / n) * r->block_size + (__u64)(i % n) * r->frame_size;
}

/** crfs_ring_block() - of the ring at @base, what block @i begins with */
static inline struct tpacket_block_desc *crfs_ring_block(const struct crfs_packet_ring *r, char *base, __u32 i)
{
	return (void *)(base + (__u64)i * r->block_size);
}

/** crfs_frame_status() - TP_STATUS_* of a frame; the other half of what V1 has is zero */
static inline __u32 *crfs_frame_status(char *frame, int version)
{
	return version == TPACKET_V3 ? &((struct tpacket3_hdr *)frame)->tp_status : (__u32 *)frame;
}

/** crfs_ring_seq() - which number the block is made to have: going through all would take too long if they are large and many */
__u64 crfs_ring_seq(const struct crfs_packet_ring *r);

/** crfs_ring_leave_out() - of @data the @n packets from frame @from on, which were free, and which no task can have freed since */
void crfs_ring_leave_out(const struct crfs_packet_ring *r, int version, char *data, __u32 from, __u32 n);

/**
 * crfs_ring_settle() - the block that is open, in @data, as its timer would leave it
 * @r: its head has the number @r->seq, or waits for it
 * @waits: the block at its head is the program's
 * @n: so many packets of it are complete
 *
 * Return: are there so many?
 */
bool crfs_ring_settle(struct crfs_packet_ring *r, char *data, bool waits, __u32 n);

#endif
