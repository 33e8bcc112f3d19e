/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sock_diag(7) says of unix sockets: who is connected to whom. */
#ifndef CRFS_UNIX_DIAG_H
#define CRFS_UNIX_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct udiag - one socket
 * @ino: its inode, or 0: it has none (yet, or any more)
 * @peer: the inode of what it is connected to; 0: that has none
 * @has_peer: it is connected
 * @type: SOCK_STREAM, ...; @listens: listen(2) was called; @named: bind(2) was
 * @shutdown: bit 0: reads no more, bit 1: writes no more
 * @rqueue, @wqueue: of a listener, how many connections wait, and how many may
 * @waiting: of a listener, the inodes of the other ends of those that wait, in order
 */
struct udiag {
	ino_t ino, peer;
	bool has_peer, listens, named;
	uint8_t type, shutdown;
	uint32_t rqueue, wqueue;
	uint32_t *waiting;
	size_t nr_waiting;
};

/** struct udiags - all of a network namespace, by inode */
struct udiags {
	struct udiag *d;
	size_t n;
};

/**
 * udiag_dump() - all unix sockets of the network namespace we are in
 * Return: 0, or a negative errno (-ENOENT: this kernel cannot, or not before modprobe unix_diag)
 */
int udiag_dump(struct udiags *all);
/** udiag_more() - those of another, as well */
int udiag_more(struct udiags *all);
void udiag_free(struct udiags *all);

/** udiag_find() - of the socket with inode @ino, asked for alone if the dump missed it; or NULL */
const struct udiag *udiag_find(struct udiags *all, ino_t ino);

#endif
