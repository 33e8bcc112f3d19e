// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages: which of them a task has of its own, and what is in them.
 *
 * walk_page_range() is not exported: the tables are walked by hand, with the inlines of
 * pgtable.h, under the mmap lock for reading. Content comes from get_user_pages_remote() with
 * FOLL_DUMP, which gives no page where there is none; swapped pages are swapped in by it.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sort.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/uio.h>

#include "internal.h"
#include "extents.h"
#include "read.h"

#define BATCH 16

/* ---- which ---- */

/* @n entries that a large one stands for. */
static void fill_large(struct page *page, bool present, u64 at, size_t n, u64 *e)
{
	size_t i;

	for (i = 0; present && PageAnon(page) && i < n; i++)
		e[i] = ENTRY_PRESENT | (page_to_pfn(page) + i);
}

static u64 entry_of(pte_t pte)
{
	struct page *page;
	swp_entry_t swp;

	if (pte_none(pte))
		return 0;
	if (!pte_present(pte)) {
		swp = pte_to_swp_entry(pte);
		return ENTRY_SWAP | (u64)swp_type(swp) << 50 |
		       (swp_offset(swp) & ((1ULL << 50) - 1));
	}
	if (pte_special(pte) || is_zero_pfn(pte_pfn(pte)) || !pfn_valid(pte_pfn(pte)))
		return 0;
	page = pfn_to_page(pte_pfn(pte));
	return PageAnon(page) ? ENTRY_PRESENT | pte_pfn(pte) : 0;
}

static bool is_large(pmd_t pmd)
{
	return pmd_leaf(pmd) || pmd_trans_huge(pmd);
}

static void fill_pmd(struct mm_struct *mm, pmd_t *pmdp, u64 at, size_t n, u64 *e)
{
	spinlock_t *ptl = pmd_lock(mm, pmdp);
	pmd_t pmd = *pmdp;
	size_t first = (at & ~PMD_MASK) >> PAGE_SHIFT, i;

	/* What is no page and no table is on its way: being migrated, split or swapped. */
	if (pmd_none(pmd))
		;
	else if (is_large(pmd) && pmd_present(pmd))
		fill_large(pmd_page(pmd) + first, true, at, n, e);
	else if (!pmd_present(pmd))
		for (i = 0; i < n; i++)
			e[i] = ENTRY_SWAP | ((pmd_val(pmd) >> 9) + first + i);
	spin_unlock(ptl);
}

static bool fill_ptes(struct mm_struct *mm, pmd_t *pmdp, pmd_t was, u64 at, size_t n, u64 *e)
{
	spinlock_t *ptl;
	pte_t *pte;
	size_t i;
	bool same;

	/* A table that is taken away meanwhile is freed by RCU only, and its lock with it. */
	rcu_read_lock();
	ptl = pte_lockptr(mm, &was);
	spin_lock(ptl);
	same = pmd_same(was, READ_ONCE(*pmdp));
	if (same) {
		pte = pte_offset_kernel(&was, at);
		for (i = 0; i < n; i++)
			e[i] = entry_of(pte[i]);
	}
	spin_unlock(ptl);
	rcu_read_unlock();
	return same;
}

static void fill_pud(struct mm_struct *mm, pud_t *pud, u64 at, size_t n, u64 *e)
{
	pmd_t *pmdp, pmd;

	if (pud_leaf(*pud)) {
		fill_large(pud_page(*pud) + ((at & ~PUD_MASK) >> PAGE_SHIFT), true, at, n, e);
		return;
	}
	pmdp = pmd_offset(pud, at);
	do {
		pmd = READ_ONCE(*pmdp);
		barrier();
		if (pmd_none(pmd) || is_large(pmd) || !pmd_present(pmd)) {
			fill_pmd(mm, pmdp, at, n, e);
			return;
		}
	} while (!fill_ptes(mm, pmdp, pmd, at, n, e));
}

/* Up to the end of what one table maps. */
static void fill_table(struct mm_struct *mm, u64 at, size_t n, u64 *e)
{
	pgd_t *pgd = pgd_offset(mm, at);
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(*pgd) || pgd_bad(*pgd))
		return;
	p4d = p4d_offset(pgd, at);
	if (p4d_none(*p4d) || p4d_bad(*p4d))
		return;
	pud = pud_offset(p4d, at);
	if (!pud_none(*pud) && pud_present(*pud))
		fill_pud(mm, pud, at, n, e);
}

/**
 * entries_next() - the next address from @at on that a table is there for; @end: none before it
 * @mm: locked for reading
 * @at: address
 * @end: end of the range
 */
u64 entries_next(struct mm_struct *mm, u64 at, u64 end)
{
	pgd_t *pgd;
	p4d_t *p4d;
	pud_t *pud;

	while (at < end) {
		pgd = pgd_offset(mm, at);
		if (pgd_none(*pgd) || pgd_bad(*pgd)) {
			at = pgd_addr_end(at, end);
			continue;
		}
		p4d = p4d_offset(pgd, at);
		if (p4d_none(*p4d) || p4d_bad(*p4d)) {
			at = p4d_addr_end(at, end);
			continue;
		}
		pud = pud_offset(p4d, at);
		if (pud_none(*pud) || !pud_present(*pud)) {
			at = pud_addr_end(at, end);
			continue;
		}
		if (pud_leaf(*pud) || !pmd_none(READ_ONCE(*pmd_offset(pud, at))))
			return at;
		at = pmd_addr_end(at, end);
	}
	return end;
}

/**
 * entries_read() - where the own pages of a range are
 * @mm: locked for reading
 * @vma: the range lies in it
 * @at: address
 * @n: how many pages
 * @e: for each 0: none of its own (nothing, the page of zeros, a page of a file), or a place
 *	that is the same for two who share it copy-on-write, and else another
 */
int entries_read(struct mm_struct *mm, struct vm_area_struct *vma, u64 at, size_t n, u64 *e)
{
	size_t k;

	memset(e, 0, n * sizeof(*e));
	for (; n; n -= k, at += k << PAGE_SHIFT, e += k) {
		k = min_t(size_t, n, (PMD_SIZE - (at & ~PMD_MASK)) >> PAGE_SHIFT);
		fill_table(mm, at, k, e);
		cond_resched();
	}
	return 0;
}

/* ---- what is in them ---- */

/* Is the page there, and nothing but zeros? */
bool page_zero(struct mm_struct *mm, u64 at)
{
	struct page *page;
	bool zero;
	void *p;

	if (crfs_gup(mm, at, 1, FOLL_FORCE | FOLL_DUMP, &page) != 1)
		return false;
	p = kmap_local_page(page);
	zero = !memchr_inv(p, 0, PAGE_SIZE);
	kunmap_local(p);
	put_page(page);
	return zero;
}

static int by_address(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/**
 * extent_source() - what the extents of an address space have in common
 * @s: the snapshot
 * @cmm: the address space
 *
 * The kernel writes into struct rseq which CPU a thread is on whenever it goes back to user
 * space: not state, and never twice the same. So it is known where they are.
 */
static struct extent_source *extent_source(struct snap *s, struct cmm *cmm)
{
	struct extent_source *src;
	size_t i, n = 0;

	for (i = 0; i < s->nr_tasks; i++)
		n += s->tasks[i].mm == cmm;
	src = snap_alloc(s, struct_size(src, rseq, n));
	if (!src)
		return NULL;
	src->cmm = cmm;
	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].mm == cmm && s->tasks[i].task->rseq)
			src->rseq[src->nr++] = (u64)(unsigned long)s->tasks[i].task->rseq;
	sort(src->rseq, src->nr, sizeof(*src->rseq), by_address, NULL);
	return src;
}

static void clear(u8 *p, u64 at, u64 from, u64 to)
{
	from = max(from, at);
	to = min_t(u64, to, at + PAGE_SIZE);
	if (from < to)
		memset(p + (from - at), 0, to - from);
}

/* The first struct rseq that ends behind @at. */
static size_t first_rseq(const struct extent_source *src, u64 at)
{
	size_t lo = 0, hi = src->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (src->rseq[mid] + 32 <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool extent_rseq(struct snap *s, struct cmm *cmm, u64 at)
{
	const struct extent_source *src;
	size_t i;

	if (!cmm->source)
		cmm->source = extent_source(s, cmm);
	src = cmm->source;
	i = src ? first_rseq(src, at) : 0;
	return src && i < src->nr && src->rseq[i] < at + PAGE_SIZE;
}

/* struct wanted - where the bytes of @mm go; @d: and into which digest, or NULL */
struct wanted {
	const struct extent_source *src;
	struct mm_struct *mm;
	struct iov_iter *to;
	struct digesting *d;
};

static size_t copy_whole(const struct wanted *w, struct page *page, size_t off, size_t n)
{
	void *p;

	if (w->d) {
		p = kmap_local_page(page);
		digesting_add(w->d, p + off, n);
		kunmap_local(p);
	}
	return copy_page_to_iter(page, off, n, w->to);
}

static size_t copy_out(const struct wanted *w, struct page *page, u64 at, size_t off, size_t n)
{
	const struct extent_source *src = w->src;
	size_t i = first_rseq(src, at), done;
	void *p, *copy;

	if (i == src->nr || src->rseq[i] >= at + PAGE_SIZE)
		return copy_whole(w, page, off, n);
	copy = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy)
		return 0;
	p = kmap_local_page(page);
	memcpy(copy, p, PAGE_SIZE);
	kunmap_local(p);
	for (; i < src->nr && src->rseq[i] < at + PAGE_SIZE; i++) {
		clear(copy, at, src->rseq[i], src->rseq[i] + 8);
		clear(copy, at, src->rseq[i] + 20, src->rseq[i] + 28);
	}
	digesting_add(w->d, copy + off, n);
	done = copy_to_iter(copy + off, n, w->to);
	kfree(copy);
	return done;
}

/* A short hole */
static ssize_t copy_zeros(const struct wanted *w, size_t n)
{
	digesting_add(w->d, page_address(ZERO_PAGE(0)), n);
	return iov_iter_zero(n, w->to) == n ? n : -EFAULT;
}

/* Some bytes at @at. Return: how many, or a negative errno */
static ssize_t read_some(const struct wanted *w, u64 at, size_t size)
{
	size_t off = at & ~PAGE_MASK, n, done = 0;
	struct page *pages[BATCH];
	long want = min_t(size_t, BATCH, DIV_ROUND_UP(off + size, PAGE_SIZE)), got, i;
	bool torn = false;

	at &= PAGE_MASK;
	if (mmap_read_lock_killable(w->mm))
		return -EINTR;
	got = crfs_gup(w->mm, at, want, FOLL_FORCE | FOLL_DUMP, pages);
	mmap_read_unlock(w->mm);
	if (got == -EFAULT || !got)
		return copy_zeros(w, min_t(size_t, size, PAGE_SIZE - off));
	if (got < 0)
		return got;
	for (i = 0; i < got; i++, off = 0, at += PAGE_SIZE) {
		n = min_t(size_t, size - done, PAGE_SIZE - off);
		if (!torn && copy_out(w, pages[i], at, off, n) == n)
			done += n;
		else
			torn = true;
		put_page(pages[i]);
	}
	return done ? done : -EFAULT;
}

static ssize_t extent_read(struct cnode *node, struct iov_iter *to, loff_t pos, struct digesting *d)
{
	const struct extent_source *src = node->priv;
	size_t size = min_t(size_t, iov_iter_count(to), node->size - pos), done = 0;
	struct wanted w = { src, cmm_get(src->cmm), to, d };
	ssize_t rc = 0;

	if (!w.mm)
		return -ESTALE;
	while (done < size && rc >= 0) {
		rc = read_some(&w, node->arg + pos + done, size - done);
		if (rc > 0)
			done += rc;
		cond_resched();
	}
	mmput(w.mm);
	if (!task_stands(src->cmm->task))
		return -ESTALE;
	return done ? done : rc;
}

/* The first page of an extent from @at on that is there (@data) or not. */
static loff_t extent_hole(struct cnode *node, loff_t pos, bool data)
{
	const struct extent_source *src = node->priv;
	u64 end = node->arg + node->size, at = node->arg + pos, e = 0;
	struct mm_struct *mm = cmm_get(src->cmm);
	struct vm_area_struct *vma;

	if (!mm)
		return -ESTALE;
	mmap_read_lock(mm);
	for (; at < end; at = (at | ~PAGE_MASK) + 1) {
		vma = find_vma(mm, at);
		e = 0;
		if (vma && vma->vm_start <= at)
			entries_read(mm, vma, at & PAGE_MASK, 1, &e);
		if (!!e == data)
			break;
	}
	mmap_read_unlock(mm);
	mmput(mm);
	if (at >= end)
		return data ? -ENXIO : node->size;
	return at - node->arg;
}

static const struct payload_ops extent_ops = { .read = extent_read, .hole = extent_hole, .digests = true };

/* extent_node() - the file of an extent, in pages/ of @cmm, made when needed first */
int extent_node(struct snap *s, struct cmm *cmm, struct cnode *dir, u64 from, u64 to)
{
	char name[24];

	if (!cmm->source)
		cmm->source = extent_source(s, cmm);
	snprintf(name, sizeof(name), "%llx", from);
	return cmm->source && tree_payload(s->tree, dir, name, to - from, &extent_ops, cmm->source,
					   from) ? 0 : -ENOMEM;
}

/* ---- of files in memory ---- */

/* All that is asked for: a short read in the middle of a file is the end of it to tar. */
static ssize_t shmem_pread(struct cnode *node, struct iov_iter *to, loff_t pos, struct digesting *d)
{
	struct cinode *i = node->priv;
	size_t size = min_t(size_t, iov_iter_count(to), node->size - pos), done = 0;
	loff_t at = node->arg + pos;
	struct iov_iter part;
	ssize_t got = 0;

	while (done < size) {
		part = *to;
		iov_iter_truncate(&part, size - done);
		got = vfs_iter_read(i->file, &part, &at, 0);
		if (got <= 0)
			break;
		iov_iter_advance(to, got);
		done += got;
	}
	if (got < 0)
		return done ? done : got;
	/* The last page of the extent may lie half behind the end of the file. */
	return iov_iter_zero(size - done, to) == size - done ? size : -EFAULT;
}

static const struct payload_ops shmem_ops = { .read = shmem_pread };

static int shmem_feed(struct snap *s, struct cinode *i, struct crfs_extents *x, u64 start, u64 end)
{
	struct cnode *dir = tree_dir(s->tree, i->dir, "pages");
	int rc = start < end ? crfs_extents_feed(x, start, end) : 0;
	bool last = start == end;
	char name[24];
	__u64 from, to;

	while (!rc && (last ? crfs_extents_last(x, &from, &to) :
		       crfs_extents_next(x, &from, &to))) {
		snprintf(name, sizeof(name), "%llx", from);
		if (!dir || !tree_payload(s->tree, dir, name, to - from, &shmem_ops, i, from))
			rc = -ENOMEM;
	}
	return rc;
}

/* shmem_extents() - what is in @i->file, @size bytes long, as inodes/<id>/pages/<offset> */
int shmem_extents(struct snap *s, struct cinode *i, u64 size)
{
	loff_t data, hole = 0;
	struct crfs_extents x;
	bool any = false;
	int rc = 0;

	crfs_extents_init(&x, PAGE_SIZE, true);
	while (!rc && hole < size) {
		data = vfs_llseek(i->file, hole, SEEK_DATA);
		if (data < 0)
			break;
		hole = vfs_llseek(i->file, data, SEEK_HOLE);
		if (hole < 0)
			return hole;
		hole = round_up(hole, PAGE_SIZE);
		rc = shmem_feed(s, i, &x, data & PAGE_MASK, hole);
		any = true;
	}
	return rc || !any ? rc : shmem_feed(s, i, &x, 0, 0);
}
