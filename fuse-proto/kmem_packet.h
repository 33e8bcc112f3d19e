/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the rings of a packet socket the kernel is. */
#ifndef CRFS_KMEM_PACKET_H
#define CRFS_KMEM_PACKET_H

#include "kmem.h"

/**
 * struct kmem_ring - of one
 * @head: the frame that is next; of a TPACKET_V3 that receives, the block
 * @seq: of such a one, the number that the next block gets which is opened
 * @waits: of such a one: no block is open, as @head was the program's when the kernel came to it
 */
struct kmem_ring {
	uint32_t head;
	uint64_t seq;
	bool waits;
};

/** kmem_ring() - @tx: of that for sending; @blocks: it is one of blocks. Return: 0 or a negative errno */
int kmem_ring(struct kmem *k, uint64_t sk, bool tx, bool blocks, struct kmem_ring *r);

/**
 * kmem_ring_filling() - is the kernel just copying into one of the @frames frames of the ring for receiving?
 * Return: 1, 0 or a negative errno
 */
int kmem_ring_filling(struct kmem *k, uint64_t sk, uint32_t frames);

#endif
