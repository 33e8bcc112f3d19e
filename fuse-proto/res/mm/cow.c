// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that a task still shares copy-on-write with its parent: they travel once.
 *
 * Two processes share a page when pagemap shows the same page frame, or the same place in swap, for
 * the same address in both. Only relatives that did not exec have mappings alike at the same
 * addresses, so others cost nothing here. At restore the child is forked from a parent whose memory
 * is complete, and keeps these pages (keep.c). Page frame numbers need CAP_SYS_ADMIN (4.2);
 * without, every process carries its own copy. Lost: sharing among siblings whose common parent is
 * gone, and with relatives further away.
 *
 * A page with a struct rseq of either's is nobody's: the kernel writes there when the thread goes back to user space, and
 * asking it a question is enough.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cow.h"

#define BATCH 1024
#define PM_PRESENT (1ULL << 63)
#define PM_SWAP (1ULL << 62)
#define PM_PLACE ((1ULL << 55) - 1)
#define RSEQ_SIZE 32		/* of what the kernel writes to */

/**
 * struct cow - @rows: the parent's; @seg: what is shared in the row at hand; @at: next of them
 * @rseq: where there is one, in both, ascending
 */
struct cow {
	struct mm *parent;
	uint64_t *rseq;
	size_t nr_rseq;
	struct rows rows;
	size_t row;
	struct scan mine, his;
	struct range *seg;
	size_t nr, size, at;
};

static struct mm *parent_mm(const struct mm *mm)
{
	const struct task *p = mm->task->leader->parent;

	if (!p || p->zombie || !p->mm || p->mm == mm)
		return NULL;
	return p->mm;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Return: false: no memory */
static bool find_rseq(struct cow *c, const struct mm *mine)
{
	const struct mm *mm[] = { mine, c->parent };
	const struct task *t;
	size_t i, n = 0;

	for (i = 0; i < 2; i++)
		for (t = mm[i]->tasks; t; t = t->mm_next)
			n += t->rseq != 0;
	c->rseq = calloc(n + 1, sizeof(*c->rseq));
	for (i = 0; i < 2 && c->rseq; i++)
		for (t = mm[i]->tasks; t; t = t->mm_next)
			if (t->rseq)
				c->rseq[c->nr_rseq++] = t->rseq;
	if (c->rseq)
		qsort(c->rseq, c->nr_rseq, sizeof(*c->rseq), by_address);
	return c->rseq;
}

static bool has_rseq(const struct cow *c, uint64_t page)
{
	size_t lo = 0, hi = c->nr_rseq, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c->rseq[mid] + RSEQ_SIZE <= page)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->nr_rseq && c->rseq[lo] < page + PAGE;
}

int cow_begin(struct snap *s, struct mm *mm, struct cow **out)
{
	struct mm *parent = parent_mm(mm);
	struct cow *c;
	int rc;

	*out = NULL;
	if (!parent)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->parent = parent;
	c->mine.fd = c->his.fd = -1;
	rc = find_rseq(c, mm) ? rows_read(s, parent, &c->rows) : -ENOMEM;
	if (!rc)
		rc = scan_open(&c->mine, s->proc, mm->task->tid);
	if (!rc)
		rc = scan_open(&c->his, s->proc, parent->task->tid);
	if (rc)
		cow_end(c);
	else
		*out = c;
	return rc;
}

void cow_end(struct cow *c)
{
	if (!c)
		return;
	scan_close(&c->mine);
	scan_close(&c->his);
	free(c->rseq);
	free(c->seg);
	free(c);
}

bool cow_fits(const struct crfs_vma *a, const struct crfs_vma *b)
{
	uint64_t drop = CRFS_VMA_LOCKED | CRFS_VMA_LOCKONFAULT;	/* not inherited */
	uint64_t never = CRFS_VMA_SHARED | CRFS_VMA_DONTFORK | CRFS_VMA_WIPEONFORK |
			 CRFS_VMA_SEALED;

	if (a->kind != b->kind || (a->kind != CRFS_VMA_ANON && a->kind != CRFS_VMA_FILE) ||
	    (a->flags | b->flags) & never || (a->flags ^ b->flags) & ~drop)
		return false;
	if (a->kind == CRFS_VMA_FILE && a->offset - a->start != b->offset - b->start)
		return false;
	return a->prot == b->prot && a->pkey == b->pkey && a->inode == b->inode &&
	       a->path.len == b->path.len && !memcmp(a->path.p, b->path.p, a->path.len);
}

static int add(struct cow *c, uint64_t start, uint64_t end)
{
	struct range *more;

	if (c->nr && c->seg[c->nr - 1].end == start) {
		c->seg[c->nr - 1].end = end;
		return 0;
	}
	if (c->nr == c->size) {
		c->size = c->size ? 2 * c->size : 64;
		more = realloc(c->seg, c->size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->seg = more;
	}
	c->seg[c->nr++] = (struct range){ start, end, false };
	return 0;
}

static int compare(struct cow *c, uint64_t start, uint64_t end)
{
	uint64_t a[BATCH], b[BATCH], mask = PM_PRESENT | PM_SWAP | PM_PLACE;
	size_t i, n;
	int rc = 0;

	for (; start < end && !rc; start += n * PAGE) {
		n = (end - start) / PAGE < BATCH ? (end - start) / PAGE : BATCH;
		rc = scan_entries(&c->mine, start, n, a);
		if (!rc)
			rc = scan_entries(&c->his, start, n, b);
		for (i = 0; i < n && !rc; i++)
			if (a[i] & PM_PLACE && !((a[i] ^ b[i]) & mask) && !has_rseq(c, start + i * PAGE))
				rc = add(c, start + i * PAGE, start + (i + 1) * PAGE);
	}
	return rc;
}

int cow_look(struct cow *c, const struct crfs_vma *row, const struct range *g, size_t nr)
{
	const struct crfs_vma *p, *end = c ? c->rows.row + c->rows.nr : NULL;
	size_t i;
	int rc = 0;

	if (!c)
		return 0;
	c->nr = c->at = 0;
	/* Both ascend: what ends before this row is never needed again. */
	while (c->row < c->rows.nr && c->rows.row[c->row].end <= row->start)
		c->row++;
	for (p = c->rows.row + c->row; p < end && p->start < row->end && !rc; p++) {
		if (!cow_fits(p, row))
			continue;
		for (i = 0; i < nr && !rc; i++) {
			uint64_t from = g[i].start > p->start ? g[i].start : p->start;
			uint64_t to = g[i].end < p->end ? g[i].end : p->end;

			if (!g[i].guard && from < to)
				rc = compare(c, from, to);
		}
	}
	return rc;
}

bool cow_next(struct cow *c, uint64_t start, uint64_t end, uint64_t *from, uint64_t *to)
{
	*from = *to = end;
	if (!c)
		return false;
	while (c->at < c->nr && c->seg[c->at].end <= start)
		c->at++;
	if (c->at == c->nr || c->seg[c->at].start >= end)
		return false;
	*from = c->seg[c->at].start > start ? c->seg[c->at].start : start;
	*to = c->seg[c->at].end < end ? c->seg[c->at].end : end;
	return true;
}

int cow_add(const struct cow *c, struct ranges *f, const struct crfs_vma *row, uint64_t from,
	    uint64_t to)
{
	struct crfs_cow *last = f->nr_cows ? &f->cow[f->nr_cows - 1] : NULL, *more;

	if (last && last->end == from && from != row->start) {
		last->end = to;
		return 0;
	}
	more = realloc(f->cow, (f->nr_cows + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	f->cow = more;
	f->cow[f->nr_cows++] = (struct crfs_cow){ from, to, c->parent->id };
	return 0;
}
