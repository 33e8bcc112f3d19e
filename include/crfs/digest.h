/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* XXH64 as a stream, and the lines of a manifest. */
#ifndef CRFS_DIGEST_H
#define CRFS_DIGEST_H

#include <crfs/shape.h>

/* The state of XXH64; what is in it belongs to the xxhash at hand (kernel or libxxhash). */
struct crfs_xxh64 {
	__u64 state[11];
};

void crfs_xxh64_init(struct crfs_xxh64 *x);
void crfs_xxh64_update(struct crfs_xxh64 *x, const void *data, size_t len);
void crfs_xxh64_final(const struct crfs_xxh64 *x, __u8 digest[8]);

#define CRFS_DIGEST_MAX 32

enum crfs_algorithm {
	CRFS_XXH64,
	CRFS_SHA256,
};

/**
 * struct crfs_digest - one line of a manifest: "XXH64 (tasks/42/regs) = 0123456789abcdef"
 * @algorithm: enum crfs_algorithm
 * @path: from the checkpoint's root; plain components joined by '/', no "." and no "..",
 *	no backslash and no control character; at most 4095 bytes
 * @digest: crfs_digest_size() bytes, in the order they are printed (XXH64: big endian)
 */
struct crfs_digest {
	__u8 algorithm;
	struct crfs_str path;
	__u8 digest[CRFS_DIGEST_MAX];
};

size_t crfs_digest_size(__u8 algorithm);
int crfs_write_digest(struct crfs_writer *w, const struct crfs_digest *d);
int crfs_read_digest(struct crfs_reader *r, struct crfs_digest *d);

#endif
