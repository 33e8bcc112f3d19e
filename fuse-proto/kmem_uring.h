/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of an io_uring stands in the kernel's memory alone. */
#ifndef CRFS_KMEM_URING_H
#define CRFS_KMEM_URING_H

#include <sys/types.h>

#include "kmem.h"

/**
 * struct kmem_uring - of one
 * @flags: IORING_SETUP_*
 * @has: what else is registered with it: "an eventfd"; NULL: nothing
 */
struct kmem_uring {
	uint32_t flags;
	const char *has;
};

/** kmem_uring() - of our descriptor @fd. Return: 0, -EOPNOTSUPP: this kernel does not show it, or a negative errno */
int kmem_uring(struct kmem *k, int fd, struct kmem_uring *u);

/**
 * kmem_uring_flying() - requests of any io_uring that the living thread @tid of @proc has made and that are not done
 * @n: is added to
 * Return: 0 or a negative errno
 */
int kmem_uring_flying(struct kmem *k, int proc, pid_t tid, int64_t *n);

#endif
