// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rings of packet sockets (PACKET_MMAP, TPACKET_V1 to V3), mapped by tasks or not.
 *
 * What they are is told by sock_diag(7), what they hold by a mapping of our own, where in them the kernel is by its memory
 * alone (kmem_packet.c). Packets come while the container is frozen: those that come while this looks are left out, as if
 * they had found it full. A block of TPACKET_V3 that is open with packets in it is closed in the tree, as its timer would.
 * Frames on their way out are waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem_packet.h"
#include "packet_ring.h"
#include "rooms.h"
#include "sockopt.h"

#define TRIES 1000
#define PATIENCE_MS 500

/**
 * struct rings - of a socket; @version: TPACKET_*
 * @mapped: bytes that mappings of tasks show; @odd: one shows something else
 * @known: read; @named: or refused; @data: what they hold, malloc'ed until the tree has it
 */
struct rings {
	int version;
	struct crfs_packet_ring r[2];
	size_t nr;
	uint64_t mapped, size;
	bool odd, known, named;
	char *data;
};

/** struct look - at the rings @g of @f, whose struct sock is @sk; @map: ours */
struct look {
	struct snap *s;
	const struct file *f;
	struct rings *g;
	struct kmem *k;
	uint64_t sk;
	char *map;
};

struct inode *packet_ring_inode(struct snap *s, dev_t dev, ino_t ino)
{
	struct inode *n = snap_inode(s, &res_inode_packet_ring, ~dev - 64, ino, -1);

	if (n && !n->priv) {
		n->priv = pool_alloc(&s->pool, sizeof(struct rings));
		if (n->priv)
			*(struct rings *)n->priv = (struct rings){ 0 };
	}
	return n && n->priv ? n : NULL;
}

void packet_ring_mapped(struct snap *s, unsigned int id, const struct vma *v, bool shared)
{
	struct inode *n = id ? s->inodes[id - 1] : NULL;
	struct rings *g = n && n->room == &res_inode_packet_ring ? n->priv : NULL;

	if (!g)
		return;
	g->odd |= v->pgoff || !shared || (g->mapped && g->mapped != v->end - v->start);
	g->mapped = v->end - v->start;
}

static void refuse(struct look *l, int rc, const char *why)
{
	const struct rings *g = l->g;

	l->g->named = true;
	snap_unsupported(l->s, rc, file_obj(l->s, l->f),
			 "the packet socket has %s (PACKET_MMAP, TPACKET_V%d, %u frames of %u bytes): %s",
			 g->nr == 2 ? "two rings" : "a ring", g->version + 1, g->r[0].frames, g->r[0].frame_size, why);
}

static int take_frames(struct look *l, struct crfs_packet_ring *r, char *map, char *data)
{
	const int version = l->g->version;
	struct kmem_ring a, b;
	bool free;
	uint32_t n;
	int i, rc = 1;

	/* One that is being filled stands before the head, and looks free. */
	for (i = 0; rc == 1 && i < TRIES; i++) {
		if (i)
			usleep(100);
		rc = kmem_ring(l->k, l->sk, false, false, &a);
		if (!rc && a.head >= r->frames)
			rc = -ESTALE;
		free = !rc && ring_peek(crfs_ring_frame(r, map, a.head), version) == TP_STATUS_KERNEL;
		if (!rc)
			rc = kmem_ring_filling(l->k, l->sk, r->frames);
	}
	if (rc)
		return rc < 0 ? rc : -EAGAIN;
	memcpy(data, map, crfs_ring_size(r));
	rc = kmem_ring(l->k, l->sk, false, false, &b);
	if (rc || b.head >= r->frames)
		return rc ?: -ESTALE;
	n = (b.head + r->frames - a.head) % r->frames;
	if (!n && free && ring_peek(crfs_ring_frame(r, map, a.head), version) != TP_STATUS_KERNEL)
		n = r->frames;
	/* Those that came to frames that were free, which no task can have freed since. */
	crfs_ring_leave_out(r, version, data, a.head, n);
	r->head = a.head;
	return 0;
}

static bool same_block(const struct kmem_ring *a, const struct kmem_ring *b)
{
	return a->head == b->head && a->seq == b->seq && a->waits == b->waits;
}

static int take_blocks(struct look *l, struct crfs_packet_ring *r, char *map, char *data)
{
	struct kmem_ring a, b, c;
	uint32_t n;
	int i, rc;

	for (i = 0; i < TRIES; i++) {
		rc = kmem_ring(l->k, l->sk, false, true, &a);
		if (rc || a.head >= r->blocks || a.seq < 2)
			return rc ?: -ESTALE;
		n = crfs_ring_block(r, map, a.head)->hdr.bh1.num_pkts;
		usleep(1000);	/* the last is copied in */
		rc = kmem_ring(l->k, l->sk, false, true, &b);
		memcpy(data, map, crfs_ring_size(r));
		if (!rc)
			rc = kmem_ring(l->k, l->sk, false, true, &c);
		if (rc)
			return rc;
		if (!same_block(&b, &c))
			continue;
		r->head = b.head;
		r->seq = b.waits ? b.seq : b.seq - 1;
		return crfs_ring_settle(r, data, b.waits, same_block(&a, &b) ? n : 0) ? 0 : -ESTALE;
	}
	return -EAGAIN;
}

static uint32_t in_flight(const struct crfs_packet_ring *r, char *map, int version)
{
	uint32_t n = 0, i;

	for (i = 0; i < r->frames; i++)
		n += !!(ring_peek(crfs_ring_frame(r, map, i), version) & TP_STATUS_SENDING);
	return n;
}

static int take_sent(struct look *l, struct crfs_packet_ring *r, char *map, char *data)
{
	struct kmem_ring a;
	char why[96];
	uint32_t n;
	int ms;

	for (ms = 0; (n = in_flight(r, map, l->g->version)) && !l->s->live && ms < PATIENCE_MS; ms++)
		usleep(1000);
	if (n) {
		snprintf(why, sizeof(why), "%u frames are on their way out: try again when they have left", n);
		refuse(l, -EAGAIN, why);
	}
	memcpy(data, map, crfs_ring_size(r));
	if (kmem_ring(l->k, l->sk, true, false, &a) || a.head >= r->frames)
		return -ESTALE;
	r->head = a.head;
	return 0;
}

static int take_all(struct look *l)
{
	struct rings *g = l->g;
	uint64_t at = 0;
	size_t i;
	int rc = 0;

	for (i = 0; i < g->nr && !rc; at += crfs_ring_size(&g->r[i++])) {
		struct crfs_packet_ring *r = &g->r[i];

		if (r->ring == CRFS_RING_TX)
			rc = take_sent(l, r, l->map + at, g->data + at);
		else if (g->version == TPACKET_V3)
			rc = take_blocks(l, r, l->map + at, g->data + at);
		else
			rc = take_frames(l, r, l->map + at, g->data + at);
	}
	return rc;
}

static void look(struct look *l)
{
	struct rings *g = l->g;
	int rc;

	l->k = snap_kmem(l->s, &rc);
	if (!l->k || kmem_socket(l->k, l->f->dup, &l->sk))
		return refuse(l, -EOPNOTSUPP, "only the kernel's memory tells where in it the kernel is: mount with CAP_BPF and "
			      "CAP_PERFMON (Linux 5.14)");
	if (g->size > CRFS_RING_MOST)
		return refuse(l, -E2BIG, "more than 256 MiB: let the program make it smaller");
	l->map = mmap(NULL, g->size, PROT_READ, MAP_SHARED, l->f->dup, 0);
	g->data = malloc(g->size);
	rc = l->map == MAP_FAILED ? -errno : g->data ? take_all(l) : -ENOMEM;
	if (l->map != MAP_FAILED)
		munmap(l->map, g->size);
	if (rc == -EOPNOTSUPP)
		return refuse(l, rc, "this kernel does not show where in it it is: let the program do without");
	if (rc)
		return refuse(l, rc, "packets come too fast, or it has written where it must not: try again");
	g->known = true;
}

static void add(struct rings *g, enum crfs_packet_ring_kind kind, const struct packet_diag_ring *d)
{
	if (!d)
		return;
	g->r[g->nr++] = (struct crfs_packet_ring){
		.ring = kind, .block_size = d->pdr_block_size, .blocks = d->pdr_block_nr,
		.frame_size = d->pdr_frame_size, .frames = d->pdr_frame_nr,
	};
	/* of a ring for sending they mean nothing */
	if (kind == CRFS_RING_RX) {
		g->r[g->nr - 1].retire = d->pdr_retire_tmo;
		g->r[g->nr - 1].priv = d->pdr_sizeof_priv;
		g->r[g->nr - 1].features = d->pdr_features;
	}
	g->size += crfs_ring_size(&g->r[g->nr - 1]);
}

int packet_ring_show(struct snap *s, const struct file *f, const struct packet_diag_ring *rx,
		     const struct packet_diag_ring *tx, struct text *out)
{
	struct inode *n = rx || tx ? packet_ring_inode(s, f->st.st_dev, f->st.st_ino) : NULL;
	struct look l = { .s = s, .f = f };
	size_t i;

	if (!n)
		return rx || tx ? fail(s->err, -ENOMEM, "the rings of a packet socket") : 0;
	l.g = n->priv;
	l.g->version = sock_int(f->dup, SOL_PACKET, PACKET_VERSION);
	add(l.g, CRFS_RING_RX, rx);
	add(l.g, CRFS_RING_TX, tx);
	if (l.g->odd || (l.g->mapped && l.g->mapped != l.g->size))
		refuse(&l, -EOPNOTSUPP, "a task has mapped a part of it, or a copy of its own: unmap that");
	look(&l);
	for (i = 0; i < l.g->nr; i++)
		if (l.g->known && crfs_ring_seq(&l.g->r[i]) != l.g->r[i].seq)
			snap_lost(s, file_obj(s, f), "the numbers of the blocks of its ring: they go on from %llu, not from %llu",
				  (unsigned long long)crfs_ring_seq(&l.g->r[i]), (unsigned long long)l.g->r[i].seq);
	sockopt_row(out, PACKET_RING, n->id);
	return 0;
}

static int packet_ring_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct rings *g = n->priv;
	char *data = g->data;
	size_t i;

	if (!g->known && !g->named)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "inodes", n->id), "a socket is mapped that no task has open, or that is "
				 "no packet socket: unmap it before the checkpoint");
	text_section(out, &crfs_packet_ring_shape);
	for (i = 0; i < g->nr; i++)
		text_rec(out, &crfs_packet_ring_shape, &g->r[i]);
	g->data = NULL;
	if (g->known)
		return tree_text(s->tree, n->dir, "data", data, g->size) ? 0 : -ENOMEM;
	free(data);
	return 0;
}

const struct resource res_inode_packet_ring = {
	.name = "packet_ring",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_packet_ring_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = packet_ring_read,
	.check = packet_ring_check_inode,
	.make = packet_ring_make,
};
