// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A number for each page of a payload, equal where the bytes are.
 *
 * So two checkpoints are compared in little memory, though an archive goes by but once: 8 bytes are
 * kept of a page, in a file without a name (spill.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"
#include "spill.h"

#define CHUNK (1 << 20)

/**
 * struct sums - those of one payload (member.sums), one behind the other in @store
 * @first, @nr: which of those there
 * @part: the @len bytes of a page that is not whole yet, or NULL
 */
struct sums {
	struct pages_store *store;
	uint64_t first, nr;
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

/* Those that wait go to the file. */
static int flush(struct pages_store *st, struct err *e)
{
	size_t done = 0, size = st->waiting * sizeof(*st->wait);
	const off_t at = (st->nr - st->waiting) * sizeof(*st->wait);
	ssize_t w;

	if (st->fd < 0)
		st->fd = spill_file(e);
	if (st->fd < 0)
		return e->code;
	for (; done < size; done += w) {
		w = pwrite(st->fd, (char *)st->wait + done, size - done, at + done);
		if (w < 0 && errno == EINTR)
			w = 0;
		else if (w <= 0)
			return spill_full(w < 0 ? -errno : -ENOSPC, e);
	}
	st->waiting = 0;
	return 0;
}

static int push(struct sums *s, uint64_t v, struct err *e)
{
	struct pages_store *st = s->store;
	int r = st->waiting == PAGES_WAIT ? flush(st, e) : 0;

	if (r < 0)
		return r;
	st->wait[st->waiting++] = v;
	st->nr++;
	s->nr++;
	return 0;
}

/* Some of them from the @i-th of all on. Return: how many, or a negative errno */
static ssize_t get(const struct pages_store *st, uint64_t i, uint64_t *v, size_t n)
{
	const uint64_t filed = st->nr - st->waiting;
	ssize_t r;

	if (i >= filed) {
		memcpy(v, st->wait + (i - filed), n * sizeof(*v));
		return n;
	}
	if (n > filed - i)
		n = filed - i;
	do
		r = pread(st->fd, v, n * sizeof(*v), i * sizeof(*v));
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r < (ssize_t)sizeof(*v) ? -EIO : r / (ssize_t)sizeof(*v);
}

/* Up to a page's end, of which @n bytes are at @p */
static int feed_part(struct sums *s, const char *p, size_t n, struct err *e)
{
	int r = 0;

	if (!s->part)
		s->part = malloc(PAGES_SIZE);
	if (!s->part)
		return fail(e, -ENOMEM, "memory for a page: free some");
	memcpy(s->part + s->len, p, n);
	s->len += n;
	if (s->len < PAGES_SIZE)
		return 0;
	r = push(s, sum(s->part, PAGES_SIZE), e);
	free(s->part);
	s->part = NULL;
	s->len = 0;
	return r;
}

static int feed(struct sums *s, const char *p, size_t len, struct err *e)
{
	size_t n;
	int r = 0;

	for (; len && !r; p += n, len -= n) {
		n = PAGES_SIZE - s->len < len ? PAGES_SIZE - s->len : len;
		r = n == PAGES_SIZE ? push(s, sum(p, n), e) : feed_part(s, p, n, e);
	}
	return r;
}

static struct sums *sums_of(struct source *s, struct member *m)
{
	struct pages_store *st = s->arg;

	if (!m->sums) {
		m->sums = pool_alloc(&s->pool, sizeof(*m->sums));
		if (m->sums)
			*m->sums = (struct sums){ .store = st, .first = st->nr };
	}
	return m->sums;
}

/* Holes are told by the offset of what comes behind them. */
int pages_tap(struct source *s, struct node *n, const void *buf, size_t len, off_t off, struct err *e)
{
	static const char zeros[PAGES_SIZE];
	uint64_t done, gap;
	struct sums *m;
	int r = 0;

	if (n->kind != NODE_PAYLOAD)
		return 0;
	m = sums_of(s, n->front);
	if (!m)
		return fail(e, -ENOMEM, "memory for what is known of its pages: free some");
	done = m->nr * PAGES_SIZE + m->len;
	for (; done < (uint64_t)off && !r; done += gap) {
		gap = off - done < PAGES_SIZE ? off - done : PAGES_SIZE;
		r = feed(m, zeros, gap, e);
	}
	return r ? r : feed(m, buf, len, e);
}

void pages_store_free(struct pages_store *st)
{
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
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
	uint64_t some[512], i = 0, at = start;
	ssize_t n, k;
	int r = 0;

	for (; i < s->nr && !r; i += n) {
		n = get(s->store, s->first + i, some, s->nr - i < 512 ? s->nr - i : 512);
		if (n < 0)
			return n;
		for (k = 0; k < n && !r; k++, at += PAGES_SIZE)
			r = push_page(p, at, some[k]);
	}
	if (!r && s->len) {	/* the last one ends with the file */
		r = push_page(p, at, sum(s->part, s->len));
		at += PAGES_SIZE;
	}
	for (; !r && at - start < size; at += PAGES_SIZE)	/* a hole at the end */
		r = push_page(p, at, sum(zeros, PAGES_SIZE));
	free(s->part);
	s->part = NULL;
	s->len = 0;
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
