/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading files, and their digests: taken on the way (read.c), or for the manifest (manifest.c). */
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

void digesting_init(struct digesting *d);
void digesting_add(struct digesting *d, const void *p, size_t n);
bool digest_known(const struct cnode *n);
void digest_set(struct cnode *n, u64 digest);

ssize_t text_read(const char *text, size_t size, struct iov_iter *to, loff_t pos);
ssize_t node_read(struct cnode *n, struct iov_iter *to, loff_t pos, struct digesting *d);

extern const struct file_operations crfs_view_fops;

#endif
