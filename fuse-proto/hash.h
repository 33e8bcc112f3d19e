/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests of the manifest's two kinds, of memory and of nodes. */
#ifndef CRFS_HASH_H
#define CRFS_HASH_H

#include <crfs/digest.h>

#include "tree.h"

/** struct hash - a digest in the making */
struct hash {
	uint8_t algorithm;
	union {
		struct crfs_xxh64 xxh;
		void *evp;
	};
};

int hash_begin(struct hash *h, uint8_t algorithm);
void hash_add(struct hash *h, const void *data, size_t len);

/** hash_end() - the digest, crfs_digest_size() bytes; the hash is gone then */
void hash_end(struct hash *h, uint8_t *digest);

/**
 * hash_node() - digest all of a text or payload by reading it in pieces
 * @len: how many bytes were read
 * Return: 0 or a negative errno
 */
int hash_node(struct node *n, uint8_t algorithm, uint8_t *digest, off_t *len);

#endif
