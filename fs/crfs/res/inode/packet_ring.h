/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings of packet sockets as inodes, for the options of the socket and for what is mapped. */
#ifndef CRFS_INODE_PACKET_RING_H
#define CRFS_INODE_PACKET_RING_H

#include <linux/packet_diag.h>

#include <crfs/packet_ring.h>
#include <crfs/res/mm/maps.h>

#include "internal.h"

/* packet_ring_inode() - the inode for the rings of the socket @file; NULL: no memory */
struct cinode *packet_ring_inode(struct snap *s, const struct file *file);

/* packet_ring_mapped() - @row shows @n, whatever that is; a part of rings, or a copy, cannot be made again */
void packet_ring_mapped(const struct cinode *n, const struct crfs_vma *row);

/*
 * packet_ring_show() - a row for the rings that sock_diag tells of @f, by enum crfs_packet_ring_kind; no pdr_block_nr: there is
 * none. Return: 0 or a negative errno
 */
int packet_ring_show(struct snap *s, const struct cfile *f, const struct packet_diag_ring diag[2], struct text *out);

/* ring_named() - is it a mapping of rings? No other socket is mapped so that it is VM_MIXEDMAP */
static inline bool ring_named(const char *name)
{
	return !strncmp(name, CRFS_RING_NAME, strlen(CRFS_RING_NAME));
}

#endif
