// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rings of packet sockets are made again: the socket, before any other packet socket is there, then its rings, in which the
 * kernel is brought to where it was (packet_ring_move.c), then what they hold is written into them. Tasks map them, so all
 * of it comes before the tasks; who has the socket as a file finds it here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet_ring.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"

#define PAGE 4096

static uint64_t all_bytes(const struct crfs_packet_ring *r, size_t n)
{
	uint64_t size = 0;

	while (n--)
		size += crfs_ring_size(&r[n]);
	return size;
}

bool packet_ring_whole(const struct iobj *n, const struct crfs_vma *v)
{
	size_t nr = 0;
	const struct crfs_packet_ring *r;

	if (!n || n->room != &res_inode_packet_ring)
		return true;
	r = image_recs(n, &res_inode_packet_ring, 0, &nr);
	return v->flags & CRFS_VMA_SHARED && !v->offset && v->end - v->start == all_bytes(r, nr);
}

struct iobj *packet_ring_of(const struct image *im, const struct iobj *o)
{
	int64_t id = sockopt_value(o, RING_OPTIONS, PACKET_RING, 0);
	struct iobj *n = id > 0 && id <= 0x7fffffff ? image_obj(im, IOBJ_INODE, id) : NULL;

	return n && n->room == &res_inode_packet_ring ? n : NULL;
}

/* The socket whose rings @n is; @more: there is another one */
static struct iobj *socket_of(const struct image *im, const struct iobj *n, bool *more)
{
	struct iobj *found = NULL;
	size_t i;

	*more = false;
	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		struct iobj *o = &im->objs[IOBJ_FILE][i];

		if (o->room != &res_fd_packet || packet_ring_of(im, o) != n)
			continue;
		*more |= found != NULL;
		found = found ?: o;
	}
	return found;
}

void packet_ring_check(struct image *im, struct iobj *o, int64_t id)
{
	if (id && !packet_ring_of(im, o))
		image_mismatch(im, -EINVAL, o->path, "inodes/%lld is not there as its rings", (long long)id);
}

/* As packet_set_ring() has it, net/packet/af_packet.c */
static bool sound(const struct crfs_packet_ring *r, int version)
{
	const bool blocks = crfs_ring_blocks(r, version);
	const uint64_t first = CRFS_BLOCK_HEAD + ((r->priv + 7ULL) & ~7ULL);

	if (r->ring > CRFS_RING_TX || !r->block_size || r->block_size % PAGE || !r->blocks || crfs_ring_size(r) > CRFS_RING_MOST)
		return false;
	if (r->frame_size < sizeof(struct tpacket3_hdr) - 16 || r->frame_size % TPACKET_ALIGNMENT ||
	    r->frame_size > r->block_size || (uint64_t)(r->block_size / r->frame_size) * r->blocks != r->frames)
		return false;
	if (!blocks)
		return r->head < r->frames && !r->seq && !r->retire && !r->priv && !r->features;
	return r->seq && r->head == (r->seq - 1) % r->blocks && first < r->block_size && r->retire <= 0xffff;
}

/* Where the kernel waits for a block, the program has it, so it has been filled before. */
static bool waits_for_none(const struct crfs_packet_ring *r, struct node *data)
{
	struct tpacket_block_desc b;

	return node_pread(data, &b, sizeof(b), (off_t)r->head * r->block_size) != sizeof(b) ||
	       (block_peek(&b) & TP_STATUS_USER && r->seq <= r->blocks);
}

void packet_ring_check_inode(struct image *im, struct iobj *n)
{
	size_t nr = 0, i;
	const struct crfs_packet_ring *r = image_recs(n, &res_inode_packet_ring, 0, &nr);
	struct node *data = tree_find(im->tree, n->node, "data");
	bool more;
	const struct iobj *o = socket_of(im, n, &more);
	int version = o ? sockopt_value(o, RING_OPTIONS, "packet_version", 0) : 0;

	if (!o || more)
		image_mismatch(im, -EINVAL, n->path, "rings of %s: one packet socket has them", o ? "two sockets" : "no socket");
	for (i = 0; i < nr; i++)
		if (!sound(&r[i], version) || (i && r[i].ring <= r[i - 1].ring)) {
			image_mismatch(im, -EINVAL, n->path, "row %zu: there is no such ring of a socket of TPACKET_V%d", i + 1,
				       version + 1);
			return;
		}
	if (!nr || !data || (uint64_t)data->size != all_bytes(r, nr))
		image_mismatch(im, -EINVAL, n->path, "data has %lld bytes, its rings have %llu", data ? (long long)data->size : 0,
			       (unsigned long long)all_bytes(r, nr));
	else if (crfs_ring_blocks(&r[0], version) && waits_for_none(&r[0], data))
		image_mismatch(im, -EINVAL, n->path, "block %u is the program's, and was never filled", r[0].head);
}

static int set_ring(struct restore *rs, const struct iobj *o, const struct crfs_packet_ring *r, int fd)
{
	struct tpacket_req3 q = {
		.tp_block_size = r->block_size, .tp_block_nr = r->blocks, .tp_frame_size = r->frame_size,
		.tp_frame_nr = r->frames, .tp_retire_blk_tov = r->retire, .tp_sizeof_priv = r->priv,
		.tp_feature_req_word = r->features,
	};
	bool tx = r->ring == CRFS_RING_TX;

	if (setsockopt(fd, SOL_PACKET, tx ? PACKET_TX_RING : PACKET_RX_RING, &q, sizeof(q)) == 0)
		return 0;
	return fail_on(rs->err, -errno, o->path, "%s of %u frames", tx ? "PACKET_TX_RING" : "PACKET_RX_RING", r->frames);
}

/* What the kernel keeps in the block that is open is its own. */
static void write_ring(const struct crfs_packet_ring *r, int version, char *map, const char *data)
{
	uint64_t keep = (uint64_t)r->head * r->block_size, size = crfs_ring_size(r);

	if (!crfs_ring_blocks(r, version) || block_peek(crfs_ring_block(r, (char *)data, r->head)) & TP_STATUS_USER) {
		memcpy(map, data, size);
		return;
	}
	memcpy(map, data, keep);
	keep += CRFS_BLOCK_HEAD;
	memcpy(map + keep, data + keep, size - keep);
}

/* What has come in on the way counts for nothing. */
static void forget(int fd)
{
	struct tpacket_stats_v3 counters;
	socklen_t len = sizeof(counters);
	char c;

	while (recv(fd, &c, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counters, &len);
}

static int fill(struct restore *rs, const struct iobj *o, const struct crfs_packet_ring *r, size_t nr, char *map, char *data,
		int fd)
{
	int version = sockopt_value(o, RING_OPTIONS, "packet_version", 0), rc;
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < nr; at += crfs_ring_size(&r[i++])) {
		rc = ring_advance(&r[i], o, map + at, data + at, fd);
		if (rc)
			return fail_on(rs->err, rc, o->path, "bringing the kernel to %s %u of its ring, over lo: is that up, and lets "
				       "packets through?", crfs_ring_blocks(&r[i], version) ? "block" : "frame", r[i].head);
	}
	forget(fd);
	for (at = 0, i = 0; i < nr; at += crfs_ring_size(&r[i++]))
		write_ring(&r[i], version, map + at, data + at);
	return 0;
}

static int put_rings(struct restore *rs, struct iobj *n, const struct iobj *o, int fd)
{
	size_t nr = 0, i;
	const struct crfs_packet_ring *r = image_recs(n, &res_inode_packet_ring, 0, &nr);
	struct node *node = tree_find(rs->im->tree, n->node, "data");
	const size_t size = all_bytes(r, nr);
	char *data = malloc(size), *map = MAP_FAILED;
	int rc = !data ? -ENOMEM : node_pread(node, data, size, 0) == (ssize_t)size ? 0 : -EIO;

	for (i = 0; i < nr && !rc; i++)
		rc = set_ring(rs, o, &r[i], fd);
	if (!rc)
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!rc && map == MAP_FAILED)
		rc = -errno;
	if (!rc)
		rc = fill(rs, o, r, nr, map, data, fd);
	if (map != MAP_FAILED)
		munmap(map, size);
	free(data);
	return rc ? fail_on(rs->err, rc, n->path, "the rings of a packet socket") : 0;
}

int packet_ring_make(struct restore *rs, struct iobj *n)
{
	bool more;
	struct iobj *o = socket_of(rs->im, n, &more);
	int rc = o ? sock_net_enter(rs, o) : -EINVAL;

	if (rc)
		return rc;
	rc = packet_open(rs, o, &n->fd);
	if (!rc)
		rc = put_rings(rs, n, o, n->fd);
	return sock_net_enter(rs, NULL) ?: rc;
}
