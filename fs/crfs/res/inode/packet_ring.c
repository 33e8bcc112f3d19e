// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings of packet sockets (PACKET_MMAP, TPACKET_V1 to V3), mapped by tasks or not.
 *
 * What they are is told by sock_diag(7). What they hold, and where in them the kernel is, stands in struct packet_sock,
 * which is private to net/packet: so its beginning stands here once more (it is the same from 6.1 to 6.12), is read
 * without faulting, and believed only if it says of the rings what sock_diag does. What is made of packets that come
 * meanwhile: see fuse-proto/res/inode/packet_ring.c.
 */
#include <linux/delay.h>
#include <linux/net.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "internal.h"
#include "res/fd/sockopt.h"
#include "res/inode/packet_ring.h"

#define TRIES 1000
#define PATIENCE_MS 500

#define peek(to, from) copy_from_kernel_nofault(to, from, sizeof(*(to)))

struct block_at {
	const char *bytes;
};

/** struct blocks - of TPACKET_V3; @waits: for the block @active, which is the program's; @seq: what the next that is opened gets */
struct blocks {
	const struct block_at *at;
	unsigned int features, head_len;
	unsigned char waits, ends;
	unsigned short active;
	unsigned int priv;
	unsigned short last_active;
	char *start, *end;
	int block_size;
	unsigned int frame_max, blocks;
	u64 seq;
	char *prev, *next;
	struct sk_buff *skb;
	rwlock_t lock;
	unsigned short retire, version;
	unsigned long retire_jiffies;
	struct timer_list timer;
};

/** struct ring - @filling: a bit for each frame that is; @b: of one that is filled block by block, instead */
struct ring {
	const struct block_at *at;
	unsigned int head, per_block, frame_size, frame_max, order, pages, blocks;
	unsigned int __percpu *pending;
	union {
		const unsigned long *filling;
		struct blocks b;
	};
};

struct packet_head {
	struct sock sk;
	void *fanout;
	union tpacket_stats_u stats;
	struct ring ring[2];
};

/*
 * struct rings - of a socket; @version: TPACKET_*
 * @mapped: bytes that mappings of tasks show; @odd: one shows something else
 * @named: refused; @data: what they hold, until the tree has it; NULL: it cannot be carried
 */
struct rings {
	int version;
	struct crfs_packet_ring r[2];
	size_t nr;
	u64 mapped, size;
	bool odd, named;
	struct text *data;
};

/** struct look - at the rings @g of @f, whose socket begins with @sk */
struct look {
	struct snap *s;
	const struct cfile *f;
	struct rings *g;
	const struct packet_head *sk;
};

struct cinode *packet_ring_inode(struct snap *s, const struct file *file)
{
	struct cinode *n = snap_inode(s, &res_inode_packet_ring, file_inode(file), NULL);
	struct rings *g = n ? n->priv ?: snap_alloc(s, sizeof(*g)) : NULL;

	if (!g)
		return NULL;
	if (!n->priv)
		*g = (struct rings){ .nr = 0 };
	n->priv = g;
	return n;
}

void packet_ring_mapped(const struct cinode *n, const struct crfs_vma *row)
{
	struct rings *g = n && n->room == &res_inode_packet_ring ? n->priv : NULL;
	const u64 bytes = row->end - row->start;

	if (!g)
		return;
	g->odd |= row->offset || !(row->flags & CRFS_VMA_SHARED) || (g->mapped && g->mapped != bytes);
	g->mapped = bytes;
}

static void refuse(struct look *l, int rc, const char *why)
{
	const struct rings *g = l->g;

	l->g->named = true;
	snap_unsupported(l->s, rc, file_obj(l->s, l->f),
			 "the packet socket has %s (PACKET_MMAP, TPACKET_V%d, %u frames of %u bytes): %s",
			 g->nr == 2 ? "two rings" : "a ring", g->version + 1, g->r[0].frames, g->r[0].frame_size, why);
}

static bool sound_blocks(const struct ring *k, const struct crfs_packet_ring *r)
{
	return k->b.at == k->at && k->b.blocks == r->blocks && k->b.block_size == r->block_size &&
	       k->b.retire == r->retire && k->b.priv == r->priv && k->b.features == r->features &&
	       k->b.active < r->blocks && k->b.seq > 1;
}

/* The ring @r as it is now. Return: 0, or -ESTALE: it is not */
static int ring_now(const struct look *l, const struct crfs_packet_ring *r, struct ring *k)
{
	if (peek(k, &l->sk->ring[r->ring]) || !k->at || !r->frame_size || k->frame_size != r->frame_size ||
	    k->frame_max != r->frames - 1 || k->blocks != r->blocks || k->pages != r->block_size >> PAGE_SHIFT ||
	    k->per_block != r->block_size / r->frame_size)
		return -ESTALE;
	if (crfs_ring_blocks(r, l->g->version))
		return sound_blocks(k, r) ? 0 : -ESTALE;
	return k->head < r->frames ? 0 : -ESTALE;
}

static int peek_bytes(const struct ring *k, u32 block, u32 at, void *to, size_t n)
{
	const char *bytes;

	if (peek(&bytes, &k->at[block].bytes) || copy_from_kernel_nofault(to, bytes + at, n))
		return -ESTALE;
	return 0;
}

static int peek_status(const struct look *l, const struct ring *k, u32 frame, u32 *status)
{
	const u32 at = l->g->version == TPACKET_V3 ? offsetof(struct tpacket3_hdr, tp_status) : 0;

	return peek_bytes(k, frame / k->per_block, frame % k->per_block * k->frame_size + at, status, sizeof(*status));
}

static int copy_all(const struct ring *k, const struct crfs_packet_ring *r, char *data)
{
	u32 i;
	int rc = 0;

	for (i = 0; i < r->blocks && !rc; i++) {
		rc = peek_bytes(k, i, 0, data + (u64)i * r->block_size, r->block_size);
		cond_resched();
	}
	return rc;
}

/* Return: 1: some frame is being filled, 0, or a negative errno */
static int filling(const struct ring *k, u32 frames)
{
	unsigned long bits;
	u32 i;

	for (i = 0; i < BITS_TO_LONGS(frames); i++) {
		if (peek(&bits, &k->filling[i]))
			return -ESTALE;
		if (bits)
			return 1;
	}
	return 0;
}

static int take_frames(struct look *l, struct crfs_packet_ring *r, char *data)
{
	struct ring a, b;
	u32 status, n;
	bool free;
	int i, rc = 1;

	/* One that is being filled stands before the head, and looks free. */
	for (i = 0; rc == 1 && i < TRIES; i++) {
		if (i)
			usleep_range(100, 150);
		rc = ring_now(l, r, &a) ?: peek_status(l, &a, a.head, &status) ?: filling(&a, r->frames);
	}
	if (rc)
		return rc < 0 ? rc : -EAGAIN;
	free = status == TP_STATUS_KERNEL;
	rc = copy_all(&a, r, data) ?: ring_now(l, r, &b) ?: peek_status(l, &b, a.head, &status);
	if (rc)
		return rc;
	n = (b.head + r->frames - a.head) % r->frames;
	if (!n && free && status != TP_STATUS_KERNEL)
		n = r->frames;
	crfs_ring_leave_out(r, l->g->version, data, a.head, n);
	r->head = a.head;
	return 0;
}

static bool same_block(const struct ring *a, const struct ring *b)
{
	return a->b.active == b->b.active && a->b.seq == b->b.seq && a->b.waits == b->b.waits;
}

static int take_blocks(struct look *l, struct crfs_packet_ring *r, char *data)
{
	struct tpacket_block_desc head;
	struct ring a, b, c;
	u32 n;
	int i, rc;

	for (i = 0; i < TRIES; i++) {
		rc = ring_now(l, r, &a) ?: peek_bytes(&a, a.b.active, 0, &head, sizeof(head));
		if (rc)
			return rc;
		usleep_range(1000, 1500);	/* the last is copied in */
		rc = ring_now(l, r, &b) ?: copy_all(&b, r, data) ?: ring_now(l, r, &c);
		if (rc)
			return rc;
		if (!same_block(&b, &c))
			continue;
		r->head = b.b.active;
		r->seq = b.b.waits ? b.b.seq : b.b.seq - 1;
		n = same_block(&a, &b) ? head.hdr.bh1.num_pkts : 0;
		return crfs_ring_settle(r, data, b.b.waits, n) ? 0 : -ESTALE;
	}
	return -EAGAIN;
}

/* Return: how many frames of the ring are on their way out, or a negative errno */
static int in_flight(const struct look *l, const struct crfs_packet_ring *r, struct ring *k)
{
	int rc = ring_now(l, r, k);
	u32 status, i, n = 0;

	for (i = 0; i < r->frames && !rc; i++) {
		rc = peek_status(l, k, i, &status);
		n += !rc && status & TP_STATUS_SENDING;
	}
	return rc ?: n;
}

static int take_sent(struct look *l, struct crfs_packet_ring *r, char *data)
{
	struct ring k;
	int n, ms;

	for (ms = 0; (n = in_flight(l, r, &k)) > 0 && ms < PATIENCE_MS; ms++)
		usleep_range(1000, 1500);
	if (n < 0)
		return n;
	if (n)
		refuse(l, -EAGAIN,
		       snap_printf(l->s, "%d frames are on their way out: try again when they have left", n));
	r->head = k.head;
	return copy_all(&k, r, data);
}

static int take_all(struct look *l, char *data)
{
	struct rings *g = l->g;
	size_t i;
	int rc = 0;

	for (i = 0; i < g->nr && !rc; data += crfs_ring_size(&g->r[i++])) {
		struct crfs_packet_ring *r = &g->r[i];

		if (r->ring == CRFS_RING_TX)
			rc = take_sent(l, r, data);
		else if (g->version == TPACKET_V3)
			rc = take_blocks(l, r, data);
		else
			rc = take_frames(l, r, data);
	}
	return rc;
}

static bool sound(const struct look *l)
{
	struct ring k;
	size_t i;

	for (i = 0; i < l->g->nr; i++)
		if (ring_now(l, &l->g->r[i], &k))
			return false;
	return true;
}

static int look(struct look *l)
{
	struct rings *g = l->g;
	struct text *t;
	int rc;

	if (g->size > CRFS_RING_MOST) {
		refuse(l, -E2BIG, "more than 256 MiB: let the program make it smaller");
		return 0;
	}
	if (!sound(l)) {
		refuse(l, -EOPNOTSUPP, "the kernel filesystem does not know it on this kernel: use -t fuse.crfs");
		return 0;
	}
	t = snap_text(l->s);
	if (!t || !text_grow(t, 0, g->size))
		return -ENOMEM;
	rc = take_all(l, t->w.buf);
	t->w.len = g->size;
	if (rc)
		refuse(l, rc, "packets come too fast, or it has written where it must not: try again");
	else
		g->data = t;
	return 0;
}

static void add(struct rings *g, enum crfs_packet_ring_kind kind, const struct packet_diag_ring *d)
{
	struct crfs_packet_ring *r = &g->r[g->nr];

	if (!d->pdr_block_nr)
		return;
	*r = (struct crfs_packet_ring){
		.ring = kind, .block_size = d->pdr_block_size, .blocks = d->pdr_block_nr,
		.frame_size = d->pdr_frame_size, .frames = d->pdr_frame_nr,
	};
	/* of a ring for sending they mean nothing */
	if (kind == CRFS_RING_RX) {
		r->retire = d->pdr_retire_tmo;
		r->priv = d->pdr_sizeof_priv;
		r->features = d->pdr_features;
	}
	g->size += crfs_ring_size(r);
	g->nr++;
}

static void name_lost(struct snap *s, const struct cfile *f, const struct rings *g)
{
	size_t i;

	for (i = 0; i < g->nr; i++)
		if (g->data && crfs_ring_seq(&g->r[i]) != g->r[i].seq)
			snap_lost(s, file_obj(s, f),
				  "the numbers of the blocks of its ring: they go on from %llu, not from %llu",
				  crfs_ring_seq(&g->r[i]), g->r[i].seq);
}

int packet_ring_show(struct snap *s, const struct cfile *f, const struct packet_diag_ring diag[2], struct text *out)
{
	const bool any = diag[CRFS_RING_RX].pdr_block_nr || diag[CRFS_RING_TX].pdr_block_nr;
	struct cinode *n = any ? packet_ring_inode(s, f->file) : NULL;
	struct socket *sock = sock_from_file(f->file);
	struct look l = { .s = s, .f = f, .sk = (const void *)sock->sk };
	int rc;

	if (!n)
		return any ? -ENOMEM : 0;
	l.g = n->priv;
	rc = sockopt_int(sock, SOL_PACKET, PACKET_VERSION, &l.g->version);
	if (rc) {
		/* where nobody may ask, sockopts_read() has named it */
		l.g->named = true;
		return rc == -EOPNOTSUPP ? 0 : rc;
	}
	add(l.g, CRFS_RING_RX, &diag[CRFS_RING_RX]);
	add(l.g, CRFS_RING_TX, &diag[CRFS_RING_TX]);
	if (l.g->odd || (l.g->mapped && l.g->mapped != l.g->size))
		refuse(&l, -EOPNOTSUPP, "a task has mapped a part of it, or a copy of its own: unmap that");
	rc = look(&l);
	if (rc)
		return rc;
	name_lost(s, f, l.g);
	sockopt_row(out, CRFS_PACKET_RING, n->id);
	return 0;
}

static int packet_ring_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct rings *g = n->priv;
	size_t i, len;
	char *data;

	if (!g->data && !g->named)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "inodes", n->id),
				 "a socket is mapped that no task has open, or that is no packet socket: unmap it before the checkpoint");
	text_section(out, &crfs_packet_ring_shape);
	for (i = 0; i < g->nr; i++)
		text_rec(out, &crfs_packet_ring_shape, &g->r[i]);
	if (!g->data)
		return 0;
	data = text_take(g->data, &len);
	return tree_text(s->tree, n->dir, "data", data, len) ? 0 : -ENOMEM;
}

const struct room res_inode_packet_ring = {
	.name = "packet_ring",
	.scope = PER_INODE,
	.read = packet_ring_read,
};
