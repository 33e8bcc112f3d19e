// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages of an address space that must travel: those of its own, in memory or in swap.
 *
 * Not carried: pages of files (they are in the files), pages never written (they read as zeros),
 * shared memory (an inode carries it). Pages shared copy-on-write with the parent are carried there
 * (cow.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cow.h"
#include "mm.h"
#include "payload.h"
#include "proc.h"
#include "scan.h"

/*
 * The tapes that ask a task are played at the low end of its stack (ask.c), where the pages were
 * untouched before and are all zeros again: not to be told from pages never written.
 */
#define STACK_LENT (128 << 10)

struct reader {
	struct snap *s;
	struct mm *mm;
	struct scan sc;
	struct ranges *found;
	struct cow *cow;
	const struct rows *rows;
	const struct crfs_vma *row;
	size_t made;		/* the row in which the last extent began */
	void *source;
	struct node *dir;
	struct crfs_extents x;
};

/* Shy when any mapping is that it touches. Extents ascend. */
static int make_extent(struct reader *r, uint64_t from, uint64_t to)
{
	const struct rows *v = r->rows;
	bool shy = false;
	size_t i;

	if (!r->dir) {
		r->dir = tree_dir(r->s->tree, r->mm->dir, "pages");
		r->source = payload_source(r->s, r->mm);
	}
	if (!r->dir || !r->source)
		return -ENOMEM;
	while (v->row[r->made].end <= from)
		r->made++;
	for (i = r->made; i < v->nr && v->row[i].start < to; i++)
		shy |= v->shy[i];
	return payload_extent(r->s, r->dir, r->source, from, to, shy, i > r->made + 1);
}

static int feed(struct reader *r, uint64_t start, uint64_t end)
{
	__u64 from, to;
	int rc = crfs_extents_feed(&r->x, start, end);

	while (!rc && crfs_extents_next(&r->x, &from, &to))
		rc = make_extent(r, from, to);
	return rc;
}

static int add_guard(struct ranges *f, const struct crfs_vma *row, uint64_t start, uint64_t end)
{
	struct crfs_guard *more, *last = f->nr_guards ? &f->guard[f->nr_guards - 1] : NULL;

	if (last && last->end == start && start != row->start) {
		last->end = end;
		return 0;
	}
	more = realloc(f->guard, (f->nr_guards + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	f->guard = more;
	f->guard[f->nr_guards++] = (struct crfs_guard){ start, end };
	return 0;
}

static bool all_zero(const uint8_t *p)
{
	return !p[0] && !memcmp(p, p + 1, PAGE - 1);
}

/* Take the pages of @g below the line that hold nothing but zeros out: one by one what is left. */
static int feed_lent(struct reader *r, struct range *g)
{
	uint64_t line = r->row->start + STACK_LENT, end = g->end < line ? g->end : line, at;
	size_t n = end - g->start;
	uint8_t *p = malloc(n);
	int rc = 0, fd = proc_open(r->s->proc, O_RDONLY, "%d/mem", r->mm->task->tid);

	if (!p || fd < 0 || pread(fd, p, n, g->start) != (ssize_t)n)
		end = g->start;
	for (at = g->start; at < end && !rc; at += PAGE)
		if (!all_zero(p + (at - g->start)))
			rc = feed(r, at, at + PAGE);
	g->start = end;
	if (fd >= 0)
		close(fd);
	free(p);
	return rc;
}

static int take_range(struct reader *r, struct range *g)
{
	uint64_t from, to;
	int rc;

	if (g->guard) {
		crfs_extents_cut(&r->x);
		return add_guard(r->found, r->row, g->start, g->end);
	}
	if (r->row->flags & CRFS_VMA_GROWSDOWN && g->start < r->row->start + STACK_LENT) {
		rc = feed_lent(r, g);
		if (rc || g->start == g->end)
			return rc;
	}
	for (; g->start < g->end; g->start = to) {
		bool shared = cow_next(r->cow, g->start, g->end, &from, &to);

		rc = g->start < from ? feed(r, g->start, from) : 0;
		if (shared)
			crfs_extents_cut(&r->x);
		if (!rc && shared)
			rc = cow_add(r->cow, r->found, r->row, from, to);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_row(struct reader *r)
{
	bool guards_only = !row_private(r->row);
	size_t i;
	int rc;

	if (!guards_only)
		crfs_extents_vma(&r->x, r->row);
	rc = scan_range(&r->sc, r->row->start, r->row->end, guards_only);
	if (rc || !r->sc.nr)
		return rc;
	if (!guards_only)
		rc = cow_look(r->cow, r->row, r->sc.range, r->sc.nr);
	for (i = 0; i < r->sc.nr && !rc; i++)
		rc = take_range(r, &r->sc.range[i]);
	return rc;
}

int pages_read(struct snap *s, struct mm *mm, const struct rows *rows, struct ranges *found)
{
	struct reader r = { .s = s, .mm = mm, .found = found, .rows = rows };
	__u64 from, to;
	size_t i;
	int rc = scan_open(&r.sc, s->proc, mm->task->tid);

	crfs_extents_init(&r.x, PAGE, false);
	if (!rc)
		rc = cow_begin(s, mm, &r.cow);
	for (i = 0; i < rows->nr && !rc; i++) {
		r.row = &rows->row[i];
		if (r.row->kind != CRFS_VMA_VDSO && r.row->kind != CRFS_VMA_VVAR && r.row->kind != CRFS_VMA_AIO)
			rc = read_row(&r);
	}
	if (!rc && crfs_extents_last(&r.x, &from, &to))
		rc = make_extent(&r, from, to);
	cow_end(r.cow);
	scan_close(&r.sc);
	return rc;
}
