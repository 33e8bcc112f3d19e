/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a TCP socket has received, in the kernel's memory. */
#ifndef CRFS_KMEM_TCP_H
#define CRFS_KMEM_TCP_H

#include "kmem.h"

/**
 * kmem_tcp_unread() - the @size bytes from sequence number @begin on, of the socket at @sk
 * @buf: becomes them, malloc'ed, with a byte to spare
 * Return: 0, -ESTALE: they are not there, or another negative errno
 */
int kmem_tcp_unread(struct kmem *k, uint64_t sk, uint32_t begin, uint32_t size, char **buf);

/** struct kmem_tcp - a struct tcp_sock that is looked at; @err: the first that failed */
struct kmem_tcp {
	struct kmem *k;
	uint64_t sk;
	int err;
};

/** kmem_tcp_get() - its member @m, of @size bytes; 0 once something has failed */
uint64_t kmem_tcp_get(struct kmem_tcp *l, enum kmember m, size_t size);

#endif
