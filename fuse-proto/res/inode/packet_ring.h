/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rings of packet sockets as inodes, for the options of the socket and for what is mapped. */
#ifndef CRFS_INODE_PACKET_RING_ROOM_H
#define CRFS_INODE_PACKET_RING_ROOM_H

#include <linux/packet_diag.h>
#include <string.h>

#include <crfs/packet_ring.h>
#include <crfs/res/mm/maps.h>

#include "image.h"
#include "resource.h"
#include "snap.h"

#define PACKET_RING CRFS_PACKET_RING
#define RING_OPTIONS 2		/* the section of the options in the file of a packet socket */

/** packet_ring_show() - a row for the rings that sock_diag tells of @f. Return: 0 or a negative errno */
int packet_ring_show(struct snap *s, const struct file *f, const struct packet_diag_ring *rx,
		     const struct packet_diag_ring *tx, struct text *out);

/** packet_ring_inode() - the inode for the rings of the socket (@dev, @ino) */
struct inode *packet_ring_inode(struct snap *s, dev_t dev, ino_t ino);

/** ring_named() - is it a mapping of rings? No other socket is mapped so that it says "mm" (VM_MIXEDMAP) */
static inline bool ring_named(const char *name)
{
	return !strncmp(name, CRFS_RING_NAME, sizeof(CRFS_RING_NAME) - 1);
}

/** packet_ring_mapped() - @v shows inode @id, whatever that is; a part of rings, or a copy, cannot be made again */
void packet_ring_mapped(struct snap *s, unsigned int id, const struct vma *v, bool shared);

/** packet_ring_check_inode(), packet_ring_make() - the room's ->check and ->make */
void packet_ring_check_inode(struct image *im, struct iobj *n);
int packet_ring_make(struct restore *rs, struct iobj *n);

/** packet_ring_whole() - does the row @r of a mapping show what it may of @n, if that is rings? */
bool packet_ring_whole(const struct iobj *n, const struct crfs_vma *r);

/** packet_ring_check() - ->check of a socket: has it inodes/<@id> as its rings? 0: it has none */
void packet_ring_check(struct image *im, struct iobj *o, int64_t id);

/** packet_ring_of() - the rings of the socket @o, or NULL. Once they are made, their fd is the socket */
struct iobj *packet_ring_of(const struct image *im, const struct iobj *o);

/** packet_open() - res/fd/packet.c: the socket @o with its options, but for the filter. Return: 0 or a negative errno */
int packet_open(struct restore *rs, struct iobj *o, int *fd);

static inline uint32_t ring_peek(char *frame, int version)
{
	return __atomic_load_n(crfs_frame_status(frame, version), __ATOMIC_ACQUIRE);
}

static inline void ring_poke(char *frame, int version, uint32_t status)
{
	__atomic_store_n(crfs_frame_status(frame, version), status, __ATOMIC_RELEASE);
}

static inline uint32_t block_peek(struct tpacket_block_desc *b)
{
	return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
}

/** ring_advance() - let the kernel come to @r->head of the ring at @base by itself. Return: 0 or a negative errno */
int ring_advance(const struct crfs_packet_ring *r, const struct iobj *o, char *base, char *data, int fd);

#endif
