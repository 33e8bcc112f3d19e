// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that a task inherits and keeps, since its pages are its parent's, copy-on-write.
 *
 * A child is forked when its maker's memory is complete. Where the maker is the parent that the
 * cow rows name, mappings with such rows stay; pages in them that the child did not have are
 * dropped, pages of its own are written over them. Where somebody else made it, the content comes
 * from the parent's extents, and the sharing is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "cow.h"
#include "keep.h"
#include "program.h"
#include "spawn.h"

/** struct keep - @piece: parts of mappings that stay, ascending; @cow: the rows */
struct keep {
	struct crfs_guard *piece;
	size_t nr;
	const struct crfs_cow *cow;
	size_t nr_cow;
};

/* The first row that ends behind @at. */
static size_t first_cow(const struct crfs_cow *cow, size_t nr, uint64_t at)
{
	size_t lo = 0, hi = nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (cow[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool has_cow(const struct crfs_cow *cow, size_t nr, uint64_t start, uint64_t end)
{
	size_t i = first_cow(cow, nr, start);

	return i < nr && cow[i].start < end;
}

static void add_piece(struct keep *k, const struct crfs_vma *mine, const struct crfs_vma *his)
{
	struct crfs_guard g = { his->start > mine->start ? his->start : mine->start,
				his->end < mine->end ? his->end : mine->end };

	if (!cow_fits(his, mine) || !has_cow(k->cow, k->nr_cow, g.start, g.end))
		return;
	/* What is two mappings of the parent, one locked, may be one of ours. */
	if (k->nr && g.start != mine->start && k->piece[k->nr - 1].end == g.start)
		k->piece[k->nr - 1].end = g.end;
	else
		k->piece[k->nr++] = g;
}

/* The pieces of our mappings that the parent has alike and that have shared pages. */
static int find_pieces(struct image *im, const struct mmdata *d, const struct iobj *parent,
		       struct keep *k)
{
	size_t nr, i, p = 0;
	const struct crfs_vma *rows = image_recs(parent, &res_mm_maps, 0, &nr);

	k->piece = pool_alloc(&im->pool, (d->nr + nr + 1) * sizeof(*k->piece));
	if (!k->piece)
		return -ENOMEM;
	for (i = 0; i < d->nr; i++) {
		const struct crfs_vma *r = &d->rows[i];
		size_t q;

		while (p < nr && rows[p].end <= r->start)
			p++;
		for (q = p; q < nr && rows[q].start < r->end; q++)
			add_piece(k, r, &rows[q]);
	}
	return 0;
}

struct list {
	struct staged *v;
	size_t n, size;
};

static int add(struct list *l, const struct staged *st, uint64_t from, uint64_t to)
{
	struct staged *more;

	if (l->n == l->size) {
		l->size = l->size ? 2 * l->size : 64;
		more = realloc(l->v, l->size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		l->v = more;
	}
	l->v[l->n++] = (struct staged){ .start = from, .end = to, .node = st->node, .fd = st->fd,
					.off = st->off + (from - st->start) };
	return 0;
}

/* Where the content of @start to @end of mm @o is staged: its extents, or those of its parent's. */
static int from_parent(struct restore *rs, struct iobj *o, uint64_t start, uint64_t end, int depth,
		       struct list *l)
{
	struct mmdata *d = mm_data(rs->im, o);
	const struct crfs_cow *cow;
	size_t i, n;
	int rc = d && depth < 64 ? 0 : -ELOOP;

	for (i = rc ? 0 : staged_first(d, start); !rc && i < d->nr_staged; i++) {
		const struct staged *st = &d->staged[i];
		uint64_t from = st->start > start ? st->start : start;
		uint64_t to = st->end < end ? st->end : end;

		if (from >= to)
			break;
		rc = add(l, st, from, to);
	}
	cow = image_recs(o, &res_mm_maps, 3, &n);
	for (i = first_cow(cow, n, start); !rc && i < n; i++) {
		uint64_t from = cow[i].start > start ? cow[i].start : start;
		uint64_t to = cow[i].end < end ? cow[i].end : end;
		struct iobj *p = image_obj(rs->im, IOBJ_MM, cow[i].mm);

		if (from >= to)
			break;
		rc = p ? from_parent(rs, p, from, to, depth + 1, l) : -ENOENT;
	}
	return rc;
}

static int by_start(const void *a, const void *b)
{
	const struct staged *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Shared pages outside of what is kept are filled as if they were ours. */
static int fill_others(struct restore *rs, struct mmdata *d, const struct keep *k)
{
	struct list l = { 0 };
	struct staged *all;
	uint64_t from, to;
	size_t i;
	int rc = 0;

	for (i = 0; i < k->nr_cow && !rc; i++) {
		struct iobj *p = image_obj(rs->im, IOBJ_MM, k->cow[i].mm);

		if (!keep_next(k, k->cow[i].start, k->cow[i].end, &from, &to) ||
		    from > k->cow[i].start || to < k->cow[i].end)
			rc = !p ? -ENOENT :
			     from_parent(rs, p, k->cow[i].start, k->cow[i].end, 0, &l);
	}
	all = rc || !l.n ? NULL : pool_alloc(&rs->im->pool, (l.n + d->nr_staged) * sizeof(*all));
	if (all) {
		if (d->nr_staged)
			memcpy(all, d->staged, d->nr_staged * sizeof(*all));
		memcpy(all + d->nr_staged, l.v, l.n * sizeof(*all));
		d->staged = all;
		d->nr_staged += l.n;
		qsort(all, d->nr_staged, sizeof(*all), by_start);
	}
	rc = rc ? rc : l.n && !all ? -ENOMEM : 0;
	free(l.v);
	return rc;
}

/* Found by the same path in two mount namespaces, it may yet be another. */
static bool same_program(const struct crfs_mm_status *a, const struct crfs_mm_status *b)
{
	return a->exe.len == b->exe.len && !memcmp(a->exe.p, b->exe.p, a->exe.len) &&
	       (a->mnt_ns == b->mnt_ns || (a->size == b->size && a->mtime == b->mtime &&
					   a->mtime_nsec == b->mtime_nsec));
}

/*
 * Born from a task whose memory is that of @parent, by fork? And of the same program, which cannot
 * be set while any of the old one is mapped.
 */
static bool inherits(const struct rtask *rt, const struct iobj *o, const struct iobj *parent)
{
	const struct rtask *maker = rt->birth ? rt->birth->maker : NULL;
	const struct crfs_mm_status *a = image_rec(o, &res_mm_status, 0);
	const struct crfs_mm_status *b = parent ? image_rec(parent, &res_mm_status, 0) : NULL;

	return maker && spawn_memory(maker) == parent && a && b && same_program(a, b) &&
	       program_inode(o) == program_inode(parent);
}

int keep_plan(struct restore *rs, struct rtask *rt, struct iobj *o, struct keep **out)
{
	struct mmdata *d = mm_data(rs->im, o);
	struct iobj *parent;
	struct keep *k;
	int rc = 0;

	*out = NULL;
	k = pool_alloc(&rs->im->pool, sizeof(*k));
	if (!k || !d)
		return fail(rs->err, -ENOMEM, "%s", o->path);
	k->cow = image_recs(o, &res_mm_maps, 3, &k->nr_cow);
	if (!k->nr_cow)
		return 0;
	parent = image_obj(rs->im, IOBJ_MM, k->cow[0].mm);
	if (inherits(rt, o, parent))
		rc = find_pieces(rs->im, d, parent, k);
	if (!rc)
		rc = fill_others(rs, d, k);
	*out = k;
	return rc ? fail_on(rs->err, rc, o->path, "pages shared with mms/%u", k->cow[0].mm) : 0;
}

bool keep_any(const struct keep *k)
{
	return k && k->nr;
}

bool keep_next(const struct keep *k, uint64_t start, uint64_t end, uint64_t *from, uint64_t *to)
{
	size_t lo = 0, hi = k ? k->nr : 0, mid;

	*from = *to = end;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (k->piece[mid].end <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!k || lo == k->nr || k->piece[lo].start >= end)
		return false;
	*from = k->piece[lo].start;
	*to = k->piece[lo].end;
	return true;
}

static void drop(uint64_t from, uint64_t to, struct tape *t)
{
	if (from < to)
		tape_call(t, "dropping pages", SYS_madvise, from, to - from, MADV_DONTNEED);
}

/* The first at or behind @at, in ascending ranges of which *@i is the one at hand. */
static uint64_t next_cow(const struct keep *k, size_t *i, uint64_t at, uint64_t *end)
{
	while (*i < k->nr_cow && k->cow[*i].end <= at)
		++*i;
	*end = *i < k->nr_cow ? k->cow[*i].end : USER_END;
	return *i < k->nr_cow ? k->cow[*i].start : USER_END;
}

static uint64_t next_staged(const struct mmdata *d, size_t *i, uint64_t at, uint64_t *end)
{
	while (*i < d->nr_staged && d->staged[*i].end <= at)
		++*i;
	*end = *i < d->nr_staged ? d->staged[*i].end : USER_END;
	return *i < d->nr_staged ? d->staged[*i].start : USER_END;
}

/* What stays: shared pages, and those that will be written, one ascending list each. */
void keep_drop(const struct keep *k, const struct mmdata *d, uint64_t at, uint64_t end,
	       struct tape *t)
{
	uint64_t a, b, a_end, b_end, next;
	size_t c = first_cow(k->cow, k->nr_cow, at), s = staged_first(d, at);

	while (at < end) {
		a = next_cow(k, &c, at, &a_end);
		b = next_staged(d, &s, at, &b_end);
		next = a < b ? a : b;
		drop(at, next < end ? next : end, t);
		at = a < b ? a_end : b_end;
	}
}

void keep_unmap(const struct keep *k, uint64_t from, uint64_t to, struct tape *t)
{
	size_t i;

	for (i = 0; k && i < k->nr; i++) {
		if (k->piece[i].end <= from || k->piece[i].start >= to)
			continue;
		if (from < k->piece[i].start)
			tape_call(t, "unmapping", SYS_munmap, from, k->piece[i].start - from);
		from = k->piece[i].end;
	}
	if (from < to)
		tape_call(t, "unmapping", SYS_munmap, from, to - from);
}
