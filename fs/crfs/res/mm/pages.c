// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of an address space that must travel: those of its own, in memory or in swap.
 *
 * Not carried: pages of files, pages never written, shared memory (an inode carries it). Pages
 * that are the very ones of the parent's, copy-on-write, are carried there. See
 * fuse-proto/res/mm/pages.c and cow.c, whose rules these are.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "extents.h"
#include "internal.h"
#include "res/mm/mm.h"

/*
 * The FUSE filesystem asks tasks questions at the low end of their stack. What it leaves there
 * are zeros, not to be told from pages never written: neither side carries them.
 */
#define STACK_LENT (128 << 10)
#define CHUNK 512

struct reader {
	struct snap *s;
	struct cmm *cmm, *parent;
	struct rows *parent_rows;
	size_t parent_row;
	const struct crfs_vma *row;
	struct cnode *dir;
	struct crfs_extents x;
	struct text *cow;
	struct crfs_cow last;
	u64 *mine, *his;
};

static int make_extent(struct reader *r, u64 from, u64 to)
{
	if (!r->dir)
		r->dir = tree_dir(r->s->tree, r->cmm->dir, "pages");
	return r->dir ? extent_node(r->s, r->cmm, r->dir, from, to) : -ENOMEM;
}

static int feed(struct reader *r, u64 start, u64 end)
{
	__u64 from, to;
	int rc = crfs_extents_feed(&r->x, start, end);

	while (!rc && crfs_extents_next(&r->x, &from, &to))
		rc = make_extent(r, from, to);
	return rc;
}

static void cow_write(struct reader *r)
{
	if (r->last.start < r->last.end)
		text_rec(r->cow, &crfs_cow_shape, &r->last);
	r->last = (struct crfs_cow){ .start = 0 };
}

static void cow_add(struct reader *r, u64 from, u64 to)
{
	crfs_extents_cut(&r->x);
	if (r->last.end == from && from != r->row->start) {
		r->last.end = to;
		return;
	}
	cow_write(r);
	r->last = (struct crfs_cow){ from, to, r->parent->id };
}

static bool same_path(const struct crfs_vma *a, const struct crfs_vma *b)
{
	return a->path.len == b->path.len && !memcmp(a->path.p, b->path.p, a->path.len);
}

static bool cow_fits(const struct crfs_vma *a, const struct crfs_vma *b)
{
	u64 drop = CRFS_VMA_LOCKED | CRFS_VMA_LOCKONFAULT;	/* not inherited */
	u64 never = CRFS_VMA_SHARED | CRFS_VMA_DONTFORK | CRFS_VMA_WIPEONFORK | CRFS_VMA_SEALED;

	if (a->kind != b->kind || (a->kind != CRFS_VMA_ANON && a->kind != CRFS_VMA_FILE) ||
	    (a->flags | b->flags) & never || (a->flags ^ b->flags) & ~drop)
		return false;
	if (a->kind == CRFS_VMA_FILE && a->offset - a->start != b->offset - b->start)
		return false;
	return a->prot == b->prot && a->pkey == b->pkey && a->inode == b->inode && same_path(a, b);
}

/* The row of the parent's that has @at, if its pages may be ours. Addresses ascend. */
static const struct crfs_vma *parent_row(struct reader *r, u64 at)
{
	const struct rows *p = r->parent_rows;

	while (r->parent_row < p->nr && p->row[r->parent_row].end <= at)
		r->parent_row++;
	if (r->parent_row == p->nr || p->row[r->parent_row].start > at)
		return NULL;
	return cow_fits(&p->row[r->parent_row], r->row) ? &p->row[r->parent_row] : NULL;
}

/* The entries of @cmm for a range, which may span mappings and holes. */
static int entries(struct cmm *cmm, u64 at, size_t n, u64 *e)
{
	struct mm_struct *mm = cmm_get(cmm);
	struct vm_area_struct *vma;
	size_t k;

	if (!mm)
		return -ESTALE;
	memset(e, 0, n * sizeof(*e));
	mmap_read_lock(mm);
	while (n) {
		vma = find_vma(mm, at);
		if (!vma || vma->vm_start >= at + (n << PAGE_SHIFT))
			break;
		if (vma->vm_start > at) {
			k = (vma->vm_start - at) >> PAGE_SHIFT;
		} else {
			k = min_t(size_t, n, (vma->vm_end - at) >> PAGE_SHIFT);
			entries_read(mm, vma, at, k, e);
		}
		n -= k;
		e += k;
		at += k << PAGE_SHIFT;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}

static bool any(const u64 *e, size_t n)
{
	while (n && !*e) {
		e++;
		n--;
	}
	return n;
}

static bool is_lent(const struct reader *r, u64 at)
{
	return r->row->flags & CRFS_VMA_GROWSDOWN && at < r->row->start + STACK_LENT;
}

static bool lent_zero(struct reader *r, u64 at)
{
	struct mm_struct *mm = cmm_get(r->cmm);
	bool zero;

	if (!mm)
		return false;
	mmap_read_lock(mm);
	zero = page_zero(mm, at);
	mmap_read_unlock(mm);
	mmput(mm);
	return zero;
}

/*
 * Is the page at @at the parent's, as well? The kernel writes to a struct rseq when its thread goes back to user space: a page
 * with one is nobody else's.
 */
static bool is_his(struct reader *r, u64 at)
{
	return parent_row(r, at) && !extent_rseq(r->s, r->cmm, at) && !extent_rseq(r->s, r->parent, at);
}

/* Entries of the parent where they can be ours, else 0. */
static int look_his(struct reader *r, u64 at, size_t n)
{
	int rc;
	size_t i;

	memset(r->his, 0, n * sizeof(*r->his));
	if (!r->parent)
		return 0;
	rc = entries(r->parent, at, n, r->his);
	for (i = 0; i < n && !rc; i++)
		if (r->his[i] && !is_his(r, at + (i << PAGE_SHIFT)))
			r->his[i] = 0;
	return rc;
}

static int take(struct reader *r, u64 at, size_t i, size_t *k)
{
	u64 *e = r->mine, *h = r->his;

	*k = 1;
	if (!e[i])
		return 0;
	if (is_lent(r, at))
		return lent_zero(r, at) ? 0 : feed(r, at, at + PAGE_SIZE);
	if (e[i] == h[i]) {
		cow_add(r, at, at + PAGE_SIZE);
		return 0;
	}
	while (i + *k < CHUNK && e[i + *k] && e[i + *k] != h[i + *k])
		++*k;
	return feed(r, at, at + (*k << PAGE_SHIFT));
}

static int read_chunk(struct reader *r, u64 at, size_t n)
{
	size_t i, k;
	int rc = entries(r->cmm, at, n, r->mine);

	if (rc || !any(r->mine, n))
		return rc;
	memset(r->mine + n, 0, (CHUNK - n) * sizeof(*r->mine));
	rc = look_his(r, at, n);
	for (i = 0; i < n && !rc; i += k)
		rc = take(r, at + (i << PAGE_SHIFT), i, &k);
	return rc;
}

/* The next place where there may be a page of its own: of large mappings, most has no table even. */
static int skip(struct reader *r, u64 *at)
{
	struct mm_struct *mm = cmm_get(r->cmm);

	if (!mm)
		return -ESTALE;
	mmap_read_lock(mm);
	*at = entries_next(mm, *at, r->row->end);
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}

static int read_row(struct reader *r)
{
	u64 at = r->row->start, next;
	int rc;

	crfs_extents_vma(&r->x, r->row);
	for (rc = skip(r, &at); at < r->row->end && !rc; rc = rc ?: skip(r, &at)) {
		next = min_t(u64, (at | (CHUNK * PAGE_SIZE - 1)) + 1, r->row->end);
		rc = read_chunk(r, at, (next - at) >> PAGE_SHIFT);
		if (fatal_signal_pending(current))
			rc = -EINTR;
		at = next;
	}
	return rc;
}

static struct cmm *parent_mm(const struct cmm *cmm)
{
	const struct ctask *p = cmm->task->leader->parent;

	return !p || p->zombie || !p->mm || p->mm == cmm ? NULL : p->mm;
}

/**
 * pages_read() - make the extents of @cmm
 * @s: the snapshot
 * @cmm: the address space
 * @rows: its mappings
 * @cow: the section of pages that the parent's extents carry
 */
int pages_read(struct snap *s, struct cmm *cmm, const struct rows *rows, struct text *cow)
{
	struct reader r = { .s = s, .cmm = cmm, .parent = parent_mm(cmm), .cow = cow };
	__u64 from, to;
	size_t i;
	int rc = 0;

	r.mine = kvcalloc(2 * CHUNK, sizeof(u64), GFP_KERNEL);
	if (!r.mine)
		return -ENOMEM;
	r.his = r.mine + CHUNK;
	crfs_extents_init(&r.x, PAGE_SIZE, false);
	if (r.parent)
		rc = rows_read(s, r.parent, &r.parent_rows);
	for (i = 0; i < rows->nr && !rc; i++) {
		r.row = &rows->row[i];
		if (row_private(r.row))
			rc = read_row(&r);
	}
	if (!rc && crfs_extents_last(&r.x, &from, &to))
		rc = make_extent(&r, from, to);
	cow_write(&r);
	kvfree(r.mine);
	return rc;
}
