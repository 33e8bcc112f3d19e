/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for many small things that go all at once. */
#ifndef CRFS_POOL_H
#define CRFS_POOL_H

#include <stddef.h>

struct pool_chunk;

/**
 * struct pool - a bump allocator; zeroed it is empty. Not thread-safe
 * @chunks: what was malloc'ed, the one in use first
 * @p: the next free byte in it
 * @left: bytes from there on
 */
struct pool {
	struct pool_chunk *chunks;
	char *p;
	size_t left;
};

/** pool_alloc() - @size zeroed bytes, aligned for anything, or NULL (no memory) */
void *pool_alloc(struct pool *p, size_t size);

char *pool_strdup(struct pool *p, const char *s);
char *pool_strndup(struct pool *p, const char *s, size_t n);
char *pool_printf(struct pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** pool_free() - everything at once; the pool is empty then and can be used again */
void pool_free(struct pool *p);

#endif
