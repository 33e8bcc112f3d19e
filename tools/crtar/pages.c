// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A number for each page of a payload, equal where the bytes are.
 *
 * So two checkpoints are compared in little memory, though an archive goes by but once: 8 bytes are
 * kept of a page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"

#define CHUNK (1 << 20)

/** struct sums - those of one payload (member.sums); @part: the @len bytes of a page that is not whole yet, or NULL */
struct sums {
	uint64_t *v;
	size_t nr, room;
	char *part;
	size_t len;
};

static uint64_t sum(const void *p, size_t n)
{
	struct crfs_xxh64 x;
	uint8_t d[8];
	uint64_t v;

	crfs_xxh64_init(&x);
	crfs_xxh64_update(&x, p, n);
	crfs_xxh64_final(&x, d);
	memcpy(&v, d, sizeof(v));
	return v;
}

static int push(struct sums *s, uint64_t v)
{
	size_t room = s->room ? 2 * s->room : 1;
	uint64_t *more;

	if (s->nr == s->room) {
		more = realloc(s->v, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->v = more;
		s->room = room;
	}
	s->v[s->nr++] = v;
	return 0;
}

/* Up to a page's end, of which @n bytes are at @p */
static int feed_part(struct sums *s, const char *p, size_t n)
{
	int r = 0;

	if (!s->part)
		s->part = malloc(PAGES_SIZE);
	if (!s->part)
		return -ENOMEM;
	memcpy(s->part + s->len, p, n);
	s->len += n;
	if (s->len < PAGES_SIZE)
		return 0;
	r = push(s, sum(s->part, PAGES_SIZE));
	free(s->part);
	s->part = NULL;
	s->len = 0;
	return r;
}

static int feed(struct sums *s, const char *p, size_t len)
{
	size_t n;
	int r = 0;

	for (; len && !r; p += n, len -= n) {
		n = PAGES_SIZE - s->len < len ? PAGES_SIZE - s->len : len;
		r = n == PAGES_SIZE ? push(s, sum(p, n)) : feed_part(s, p, n);
	}
	return r;
}

/* Holes are told by the offset of what comes behind them. */
int pages_tap(struct source *s, struct node *n, const void *buf, size_t len, off_t off)
{
	static const char zeros[PAGES_SIZE];
	struct member *m = n->front;
	uint64_t done, gap;
	int r = 0;

	if (n->kind != NODE_PAYLOAD)
		return 0;
	if (!m->sums)
		m->sums = pool_alloc(&s->pool, sizeof(*m->sums));
	if (!m->sums)
		return -ENOMEM;
	done = m->sums->nr * PAGES_SIZE + m->sums->len;
	for (; done < (uint64_t)off && !r; done += gap) {
		gap = off - done < PAGES_SIZE ? off - done : PAGES_SIZE;
		r = feed(m->sums, zeros, gap);
	}
	return r ? r : feed(m->sums, buf, len);
}

static int push_page(struct pages *p, uint64_t at, uint64_t v)
{
	size_t room = p->room ? 2 * p->room : 1024;
	struct page *more;

	if (p->nr == p->room) {
		more = realloc(p->v, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		p->v = more;
		p->room = room;
	}
	p->v[p->nr++] = (struct page){ at, v };
	return 0;
}

static int from_sums(struct pages *p, struct sums *s, uint64_t start, uint64_t size)
{
	static const char zeros[PAGES_SIZE];
	int r = 0;
	size_t i;

	if (s->len) {	/* the last one ends with the file */
		r = push(s, sum(s->part, s->len));
		free(s->part);
	}
	while (!r && s->nr * PAGES_SIZE < size)	/* a hole at the end */
		r = push(s, sum(zeros, PAGES_SIZE));
	for (i = 0; i < s->nr && !r; i++)
		r = push_page(p, start + i * PAGES_SIZE, s->v[i]);
	free(s->v);
	*s = (struct sums){ .v = NULL };
	return r;
}

int pages_add(struct pages *p, struct node *n, uint64_t start)
{
	struct member *m = n->front;
	ssize_t got, i, len;
	off_t off = 0;
	char *buf;
	int r = 0;

	if (m && m->sums)
		return from_sums(p, m->sums, start, n->size);
	buf = malloc(CHUNK);
	while (buf && !r && off < n->size) {
		got = node_pread(n, buf, CHUNK, off);
		if (got <= 0)
			r = got ? (int)got : -EIO;
		for (i = 0; i < got && !r; i += len) {
			len = got - i < PAGES_SIZE ? got - i : PAGES_SIZE;
			r = push_page(p, start + off + i, sum(buf + i, len));
		}
		off += got;
	}
	free(buf);
	return buf ? r : -ENOMEM;
}

void pages_free(struct pages *p)
{
	free(p->v);
	*p = (struct pages){ .v = NULL };
}
