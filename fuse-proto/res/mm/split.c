// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Extents that reach over several mappings, cut into what is put into each.
 *
 * What lies between the pages of one are zeros: of pages that were not there, and must not come to
 * be, or memory would grow, and mappings would have to be opened for writing that were never
 * touched. Of pages that were there and hold zeros they cannot be told, and need not be: either reads
 * as zeros. So pages of zeros are left out, as far as the next checkpoint bridges over them again.
 * Pages that a child has copy-on-write stay, since its rows name them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mm.h"

/**
 * struct split - an address space whose extents are being cut
 * @row: the mapping at hand; maps_check() saw that every extent lies in some
 * @want: pages that others share, ascending; @at: the first that matters still
 * @piece: what there is to put
 */
struct split {
	const struct crfs_vma *row;
	struct crfs_guard *want;
	size_t nr_want, at;
	const uint8_t *buf;
	struct staged *piece;
	size_t nr, size;
};

static const struct crfs_cow *cows(const struct iobj *o, size_t *n)
{
	return image_recs(o, &res_mm_maps, 3, n);
}

static void list_heirs(struct image *im)
{
	struct mmdata *all = mm_data(im, &im->objs[IOBJ_MM][0]);
	size_t i, n;

	if (!all || all->heirs)
		return;
	all->heirs = true;
	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		struct iobj *o = &im->objs[IOBJ_MM][i];
		const struct crfs_cow *cow = cows(o, &n);
		struct iobj *p = n ? image_obj(im, IOBJ_MM, cow[0].mm) : NULL;
		struct mmdata *d = mm_data(im, o), *his = p ? mm_data(im, p) : NULL;

		if (!d || !his)
			continue;
		d->next_heir = his->heir;
		his->heir = o;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct crfs_guard *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static struct iobj *next_heir(struct image *im, struct iobj *o)
{
	return mm_data(im, o)->next_heir;
}

/* What of the pages of @d others have copy-on-write. */
static int find_wanted(struct image *im, const struct mmdata *d, struct split *s)
{
	const struct crfs_cow *cow;
	size_t i, n, k = 0;
	struct iobj *o;

	list_heirs(im);
	for (o = d->heir; o; o = next_heir(im, o)) {
		cows(o, &n);
		s->nr_want += n;
	}
	if (!s->nr_want)
		return 0;
	s->want = malloc(s->nr_want * sizeof(*s->want));
	if (!s->want)
		return -ENOMEM;
	for (o = d->heir; o; o = next_heir(im, o)) {
		cow = cows(o, &n);
		for (i = 0; i < n; i++)
			s->want[k++] = (struct crfs_guard){ cow[i].start, cow[i].end };
	}
	qsort(s->want, k, sizeof(*s->want), by_start);
	for (i = 1, n = 0; i < k; i++) {
		if (s->want[i].start > s->want[n].end)
			s->want[++n] = s->want[i];
		else if (s->want[i].end > s->want[n].end)
			s->want[n].end = s->want[i].end;
	}
	s->nr_want = n + 1;
	return 0;
}

static bool wanted(struct split *s, uint64_t at)
{
	while (s->at < s->nr_want && s->want[s->at].end <= at)
		s->at++;
	return s->at < s->nr_want && s->want[s->at].start <= at;
}

static int add(struct split *s, const struct staged *st, uint64_t from, uint64_t to)
{
	struct staged *last = s->nr ? &s->piece[s->nr - 1] : NULL, *more;

	if (last && last->node == st->node && last->end == from && from != s->row->start) {
		last->end = to;
		return 0;
	}
	if (s->nr == s->size) {
		s->size = s->size ? 2 * s->size : 256;
		more = realloc(s->piece, s->size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->piece = more;
	}
	s->piece[s->nr] = *st;
	s->piece[s->nr].start = from;
	s->piece[s->nr].end = to;
	s->piece[s->nr++].off += from - st->start;
	return 0;
}

static bool all_zero(const uint8_t *p)
{
	return !p[0] && !memcmp(p, p + 1, PAGE - 1);
}

static int read_bytes(const struct staged *st, uint8_t *buf)
{
	size_t n = st->end - st->start, done = 0;
	ssize_t r;

	for (; done < n; done += r) {
		r = pread(st->fd, buf + done, n - done, st->off + done);
		if (r <= 0)
			return r < 0 ? -errno : -EIO;
	}
	return 0;
}

/* Would it be bridged again, a hole from @from that has come to the page @at, in the mapping at hand? */
static bool short_hole(const struct split *s, uint64_t from, uint64_t at)
{
	bool border = s->row->start >= from || s->row->end == at + PAGE;

	return (at + PAGE - from) / PAGE < (border ? CRFS_HOLE_ACROSS : CRFS_HOLE_MAX);
}

/* Its first and last page stay: where an extent begins and ends is not to change. */
static int cut(struct split *s, const struct staged *st)
{
	uint64_t at, from = st->start;
	int rc = 0;

	for (at = st->start; at < st->end && !rc; at += PAGE) {
		while (s->row->end <= at)
			s->row++;
		if (at != st->start && at + PAGE != st->end && short_hole(s, from, at) &&
		    all_zero(s->buf + (at - st->start)) && !wanted(s, at))
			continue;
		from = at + PAGE;
		rc = add(s, st, at, at + PAGE);
	}
	return rc;
}

static bool crosses(struct split *s, const struct staged *st)
{
	while (s->row->end <= st->start)
		s->row++;
	return s->row->end < st->end;
}

static bool any_crosses(struct split s, const struct mmdata *d)
{
	size_t i;

	for (i = 0; i < d->nr_staged; i++)
		if (crosses(&s, &d->staged[i]))
			return true;
	return false;
}

int staged_cut(const struct crfs_vma *row, uint64_t start, uint64_t end, const void *buf,
	       struct staged **piece, size_t *nr)
{
	struct staged st = { .start = start, .end = end };
	struct split s = { .row = row, .buf = buf };
	int rc = cut(&s, &st);

	*piece = s.piece;
	*nr = s.nr;
	return rc;
}

static int cut_staged(struct split *s, const struct staged *st, uint8_t *buf)
{
	int rc = read_bytes(st, buf);

	s->buf = buf;
	return rc ?: cut(s, st);
}

int staged_split(struct image *im, struct mmdata *d)
{
	struct split s = { .row = d->rows };
	uint8_t *buf;
	size_t i;
	int rc;

	if (!any_crosses(s, d))
		return 0;
	buf = malloc(CRFS_EXTENT_SIZE);
	rc = buf ? find_wanted(im, d, &s) : -ENOMEM;
	for (i = 0; i < d->nr_staged && !rc; i++) {
		const struct staged *st = &d->staged[i];

		rc = crosses(&s, st) ? cut_staged(&s, st, buf) : add(&s, st, st->start, st->end);
	}
	if (!rc) {
		d->staged = pool_alloc(&im->pool, s.nr * sizeof(*s.piece));
		d->nr_staged = d->staged ? s.nr : 0;
		if (d->staged)
			memcpy(d->staged, s.piece, s.nr * sizeof(*s.piece));
		else
			rc = -ENOMEM;
	}
	free(s.want);
	free(buf);
	free(s.piece);
	return rc;
}
