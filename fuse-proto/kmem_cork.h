/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A datagram that a UDP or raw socket has begun and not sent, in the kernel's memory. */
#ifndef CRFS_KMEM_CORK_H
#define CRFS_KMEM_CORK_H

#include "kmem.h"

/**
 * struct kmem_cork - of one
 * @family: of where it goes; 0: there is none
 * @to, @from, @port: in network order; @oif: the interface that was asked for, or 0
 * @ttl, @tos: as the packet will have them; @ttl 0: what is usual
 * @segment: of UDP_SEGMENT; @odd: more was asked for that one call, which nothing brings back
 * @head: bytes of a header before the first; @len: of its bytes
 */
struct kmem_cork {
	int family;
	uint8_t to[16], from[16];
	uint16_t port;
	uint32_t oif, mark;
	uint8_t ttl;
	int tos;
	uint16_t segment;
	bool odd;
	uint32_t head, len;
};

/** kmem_cork() - look whether there is one; @raw: the family, of a raw socket, else 0. Return: 0 or a negative errno */
int kmem_cork(struct kmem *k, uint64_t sk, int raw, struct kmem_cork *c);

/** kmem_cork_data() - its bytes, @c->len of them. Return: 0 or a negative errno: -ESTALE, there are others */
int kmem_cork_data(struct kmem *k, uint64_t sk, const struct kmem_cork *c, char *buf);

#endif
