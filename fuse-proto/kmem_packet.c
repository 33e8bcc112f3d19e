// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where in the rings of a packet socket the kernel is: struct packet_ring_buffer in struct packet_sock
 * (net/packet/internal.h), which is not in what is mapped.
 */
#include <errno.h>

#include "kmem_packet.h"

#define LONG_BITS 64

static int ring_of(struct kmem *k, uint64_t sk, bool tx, uint64_t *ring)
{
	const long at = k->at[tx ? K_PACKET_TX : K_PACKET_RX];

	*ring = sk + at;
	return at < 0 || !sk ? -EOPNOTSUPP : 0;
}

static int look_blocks(struct kmem *k, uint64_t ring, struct kmem_ring *r)
{
	uint16_t active = 0;
	uint8_t waits = 0;
	int rc = k->at[K_PRING_BLOCKS] < 0 ? -EOPNOTSUPP : 0;

	ring += k->at[K_PRING_BLOCKS];
	if (!rc)
		rc = kmem_get(k, ring, K_BLOCKS_ACTIVE, &active, sizeof(active));
	if (!rc)
		rc = kmem_get(k, ring, K_BLOCKS_SEQ, &r->seq, sizeof(r->seq));
	if (!rc)
		rc = kmem_get(k, ring, K_BLOCKS_WAITS, &waits, sizeof(waits));
	r->head = active;
	r->waits = waits;
	return rc;
}

int kmem_ring(struct kmem *k, uint64_t sk, bool tx, bool blocks, struct kmem_ring *r)
{
	uint64_t ring;
	int rc = ring_of(k, sk, tx, &ring);

	*r = (struct kmem_ring){ 0 };
	if (rc)
		return rc;
	return blocks ? look_blocks(k, ring, r) : kmem_get(k, ring, K_PRING_HEAD, &r->head, sizeof(r->head));
}

int kmem_ring_filling(struct kmem *k, uint64_t sk, uint32_t frames)
{
	uint64_t ring, map = 0, bits;
	uint32_t i;
	int rc = ring_of(k, sk, false, &ring);

	if (!rc)
		rc = kmem_get(k, ring, K_PRING_OWNED, &map, sizeof(map));
	for (i = 0; !rc && i < frames; i += LONG_BITS) {
		rc = kmem_read(k, map + i / 8, &bits, sizeof(bits));
		if (!rc && bits)
			return 1;
	}
	return rc;
}
