/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading files (read.c), and their digests (digest.c). */
#ifndef CRFS_READ_H
#define CRFS_READ_H

#include <linux/xxhash.h>

#include "internal.h"

/** struct digesting - the digest of @done bytes; -1: of nothing any more. @busy: bit 0: somebody adds to it */
struct digesting {
	struct xxh64_state x;
	loff_t done;
	unsigned long busy;
};

#define DIGEST_PIECE (64 << 10)

void digesting_add(struct digesting *d, const void *p, size_t n);
bool digest_known(const struct cnode *n);
ssize_t digest_read(struct digesting *d, struct cnode *n, struct iov_iter *to, loff_t pos);
int digest_now(struct cnode *n, void *piece);

ssize_t text_read(const char *text, size_t size, struct iov_iter *to, loff_t pos);
ssize_t node_read(struct cnode *n, struct iov_iter *to, loff_t pos, struct digesting *d);

extern const struct file_operations crfs_view_fops;

#endif
