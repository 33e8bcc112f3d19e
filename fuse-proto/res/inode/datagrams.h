/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of a UDP socket as an inode, for fd/udp. */
#ifndef CRFS_RES_INODE_DATAGRAMS_ROOM_H
#define CRFS_RES_INODE_DATAGRAMS_ROOM_H

#include "image.h"
#include "snap.h"

/** datagrams_inode() - what waits at socket @f, of @family. @id: its number, 0 if nothing does */
int datagrams_inode(struct snap *s, struct file *f, unsigned int family, uint32_t *id);

/**
 * datagrams_send() - let inodes/<@id> arrive again at @fd, which is bound to @port, and at no other
 * @fd: behind the guard of @nonce
 */
int datagrams_send(struct restore *rs, struct iobj *o, uint32_t id, int fd, unsigned int protocol,
		   unsigned int port, uint16_t nonce);

/** datagrams_check_where() - are the addresses and links that they came to in ns/net-<@net>, 0: the mounter's? */
void datagrams_check_where(struct image *im, uint32_t id, unsigned int net);

/** datagrams_size() - how much inodes/<@id> takes in a buffer, at the least */
int64_t datagrams_size(const struct image *im, uint32_t id);

/** datagrams_guard() - a filter for @fd that lets nothing in but what @nonce marks; 0: nothing */
int datagrams_guard(int fd, uint16_t nonce);

#endif
