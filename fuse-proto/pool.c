// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for many small things that go all at once. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define ALIGN _Alignof(max_align_t)
#define CHUNK (64 * 1024)

struct pool_chunk {
	struct pool_chunk *next;
	max_align_t data[];
};

/* What is large gets a chunk of its own, behind the one in use, whose rest stays usable. */
static void *alloc_large(struct pool *p, size_t size)
{
	struct pool_chunk *c = calloc(1, sizeof(*c) + size);

	if (!c)
		return NULL;
	if (p->chunks) {
		c->next = p->chunks->next;
		p->chunks->next = c;
	} else {
		p->chunks = c;
	}
	return c->data;
}

void *pool_alloc(struct pool *p, size_t size)
{
	struct pool_chunk *c;
	void *q;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = size ? (size + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;
	if (size > p->left) {
		if (size > CHUNK / 4)
			return alloc_large(p, size);
		c = calloc(1, sizeof(*c) + CHUNK);
		if (!c)
			return NULL;
		c->next = p->chunks;
		*p = (struct pool){ .chunks = c, .p = (char *)c->data, .left = CHUNK };
	}
	q = p->p;
	p->p += size;
	p->left -= size;
	return q;
}

char *pool_strndup(struct pool *p, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *q = pool_alloc(p, len + 1);

	return q ? memcpy(q, s, len) : NULL;
}

char *pool_strdup(struct pool *p, const char *s)
{
	return pool_strndup(p, s, strlen(s));
}

char *pool_printf(struct pool *p, const char *fmt, ...)
{
	va_list ap, again;
	char *q = NULL;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len >= 0)
		q = pool_alloc(p, (size_t)len + 1);
	if (q)
		vsnprintf(q, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return q;
}

void pool_free(struct pool *p)
{
	struct pool_chunk *c = p->chunks, *next;

	for (; c; c = next) {
		next = c->next;
		free(c);
	}
	*p = (struct pool){ .chunks = NULL };
}
