/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a context of asynchronous I/O stands in the kernel's memory only. */
#ifndef CRFS_KMEM_AIO_H
#define CRFS_KMEM_AIO_H

#include <sys/types.h>

#include "kmem.h"

/**
 * struct kaio - a context
 * @addr: its name, which is where its ring is mapped
 * @requests: what io_setup(2) was asked for; @nr: places in the ring; @tail: where the next event goes
 * @flying: requests that are not done
 */
struct kaio {
	uint64_t addr;
	uint32_t requests, nr, tail;
	int64_t flying;
};

/**
 * kmem_aio() - all contexts of the process that thread @tid of @proc belongs to
 * @all: malloc'ed; @n: how many
 * Return: 0 or a negative errno
 */
int kmem_aio(struct kmem *k, int proc, pid_t tid, struct kaio **all, size_t *n);

#endif
