// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What is made of the rings of a packet socket in which packets come while they are read. */
#include <crfs/packet_ring.h>

#define LONG (1ULL << 30)	/* bytes that blocks may be filled with */

__u64 crfs_ring_seq(const struct crfs_packet_ring *r)
{
	if (r->seq <= 2ULL * r->blocks || r->seq * r->block_size <= LONG)
		return r->seq;
	/* the same block, when all have been filled once */
	return (r->seq - 1) % r->blocks + 1 + r->blocks;
}

void crfs_ring_leave_out(const struct crfs_packet_ring *r, int version, char *data, __u32 from, __u32 n)
{
	for (; n--; from = (from + 1) % r->frames)
		*crfs_frame_status(crfs_ring_frame(r, data, from), version) = TP_STATUS_KERNEL;
}

/* As prb_close_block() does: the last of @n packets is the last. Return: are there so many? */
static bool close_block(const struct crfs_packet_ring *r, struct tpacket_block_desc *b, __u32 n)
{
	struct tpacket_hdr_v1 *h = &b->hdr.bh1;
	__u64 at = h->offset_to_first_pkt;
	struct tpacket3_hdr *p = NULL;
	__u32 i;

	for (i = 0; i < n; i++, at += p->tp_next_offset) {
		if (at % 8 || at + sizeof(*p) > r->block_size)
			return false;
		p = (void *)((char *)b + at);
		if (i == n - 1 || !p->tp_next_offset)
			break;
	}
	if (!p || i != n - 1)
		return false;
	p->tp_next_offset = 0;
	h->num_pkts = n;
	h->blk_len = at + ((p->tp_mac + p->tp_snaplen + 7) & ~7U);
	h->ts_last_pkt.ts_sec = p->tp_sec;
	h->ts_last_pkt.ts_nsec = p->tp_nsec;
	h->block_status = TP_STATUS_USER | TP_STATUS_BLK_TMO;
	return true;
}

/* As prb_open_block() leaves it, but for when that was. */
static void open_block(const struct crfs_packet_ring *r, struct tpacket_block_desc *b)
{
	const __u32 first = CRFS_BLOCK_HEAD + ((r->priv + 7) & ~7U);

	*b = (struct tpacket_block_desc){ .version = TPACKET_V3, .offset_to_priv = CRFS_BLOCK_HEAD };
	b->hdr.bh1.offset_to_first_pkt = first;
	b->hdr.bh1.blk_len = first;
	b->hdr.bh1.seq_num = r->seq;
}

bool crfs_ring_settle(struct crfs_packet_ring *r, char *data, bool waits, __u32 n)
{
	if (!waits && n) {
		if (!close_block(r, crfs_ring_block(r, data, r->head), n))
			return false;
		r->head = (r->head + 1) % r->blocks;
		r->seq++;
	}
	if (!(crfs_ring_block(r, data, r->head)->hdr.bh1.block_status & TP_STATUS_USER))
		open_block(r, crfs_ring_block(r, data, r->head));
	return true;
}
