/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into the queue of a UDP socket without taking anything out. */
#ifndef CRFS_PEEK_H
#define CRFS_PEEK_H

#include <stddef.h>
#include <stdint.h>

#define PEEK_LEAST 256	/* what a datagram takes beside its bytes, at the least: struct sk_buff */

/** struct peeked - one datagram; addresses as in struct crfs_datagram, @ifindex 0: unknown */
struct peeked {
	uint32_t len, off;
	uint16_t family, from_port;
	uint8_t from[16], to[16];
	uint32_t ifindex;
	uint8_t ttl, tos;
	uint16_t gso;		/* several in one, of so many bytes each (UDP_GRO); 0: one */
};

/**
 * struct peek - the queue; malloc'ed, peek_free()
 * @data: the bytes of all of them, @len
 */
struct peek {
	struct peeked *d;
	size_t nr, cap;
	char *data;
	size_t len, size;
};

/** sock_queued() - memory that the queue takes, bytes (SK_MEMINFO_RMEM_ALLOC); 0: it is empty */
unsigned int sock_queued(int fd);

/** peek_udp() - all that waits at @fd, a socket of @family. Return: 0 or a negative errno */
int peek_udp(int fd, int family, struct peek *p);
void peek_free(struct peek *p);

#endif
