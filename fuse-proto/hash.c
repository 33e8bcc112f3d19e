// SPDX-License-Identifier: GPL-2.0-or-later
/* Digests of the manifest's two kinds, of memory and of nodes. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "hash.h"

/* Small enough to stay in the second-level cache between the copy and the digest. */
#define PIECE (256 << 10)

int hash_begin(struct hash *h, uint8_t algorithm)
{
	h->algorithm = algorithm;
	if (algorithm == CRFS_XXH64) {
		crfs_xxh64_init(&h->xxh);
		return 0;
	}
	h->evp = EVP_MD_CTX_new();
	if (!h->evp || !EVP_DigestInit_ex(h->evp, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(h->evp);
		return -ENOMEM;
	}
	return 0;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	if (h->algorithm == CRFS_XXH64)
		crfs_xxh64_update(&h->xxh, data, len);
	else
		EVP_DigestUpdate(h->evp, data, len);
}

void hash_end(struct hash *h, uint8_t *digest)
{
	if (h->algorithm == CRFS_XXH64) {
		crfs_xxh64_final(&h->xxh, digest);
		return;
	}
	EVP_DigestFinal_ex(h->evp, digest, NULL);
	EVP_MD_CTX_free(h->evp);
}

int hash_node(struct node *n, uint8_t algorithm, uint8_t *digest, off_t *len)
{
	size_t size = n->size < PIECE ? n->size + 1 : PIECE;
	char *buf = malloc(size);
	struct hash h;
	ssize_t got = 0;
	off_t off = 0;

	if (!buf || hash_begin(&h, algorithm) < 0) {
		free(buf);
		return -ENOMEM;
	}
	while ((got = node_pread(n, buf, size, off)) > 0) {
		hash_add(&h, buf, got);
		off += got;
	}
	hash_end(&h, digest);
	free(buf);
	*len = off;
	return got < 0 ? (int)got : 0;
}
