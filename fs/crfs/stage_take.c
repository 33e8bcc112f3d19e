// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: the pages of an extent become those of the task that is being made, which asks for them itself.
 *
 * For memory in which nothing is yet, migrate_vma_setup() and what follows it (mm/migrate_device.c) take a page of
 * the caller's, charge it to the task's memory cgroup and make it the anonymous page that stands there: what a device
 * driver does for memory that was touched on the device first. So nothing is copied, and no memory is needed. What
 * cannot be given thus is copied and freed: where a page is already, in mappings of files, and pages that somebody
 * else looks at.
 */
#include <linux/highmem.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "crfs/staged.h"
#include "stage.h"
#include "stage_pages.h"

#define AT_ONCE 512	/* pages: 2 MiB */

/**
 * struct take - pages on their way
 * @p: whose
 * @at: address of the first
 * @index: which that is
 * @n: how many
 * @src: of migrate_vma_setup(): what is there, and then whether it was given
 * @dst: what is to be there
 */
struct take {
	struct spages *p;
	unsigned long at;
	pgoff_t index;
	unsigned int n;
	unsigned long src[AT_ONCE], dst[AT_ONCE];
};

static bool is_given(const struct take *t, unsigned int i)
{
	return t->dst[i] && t->src[i] & MIGRATE_PFN_MIGRATE;
}

#ifdef CONFIG_DEVICE_MIGRATION
/*
 * A page that nobody else has, locked and with a reference of ours; or NULL. Its place in @pages is kept until it is
 * given, by a value that is no page.
 */
static struct page *pull(struct spages *p, pgoff_t index)
{
	struct page *page;

	xa_lock(&p->pages);
	page = xa_load(&p->pages, index);
	if (page && page_count(page) == 1 && trylock_page(page)) {
		get_page(page);
		/* In place of an entry: it needs no memory. */
		__xa_store(&p->pages, index, xa_mk_value(0), GFP_ATOMIC);
	} else {
		page = NULL;
	}
	xa_unlock(&p->pages);
	return page;
}

static void offer(struct take *t, unsigned int n)
{
	struct page *page;
	unsigned int i;

	/* Where a page is, it is left alone: others may have it, too. */
	for (i = 0; i < n; i++) {
		page = t->src[i] == MIGRATE_PFN_MIGRATE ? pull(t->p, t->index + i) : NULL;
		if (page)
			t->dst[i] = migrate_pfn(page_to_pfn(page));
	}
}

/* The lock and one reference of what was offered are gone; the other is ours, or again that of @pages. */
static void settle(struct take *t, unsigned int n)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!t->dst[i])
			continue;
		page = migrate_pfn_to_page(t->dst[i]);
		if (is_given(t, i)) {
			xa_erase(&t->p->pages, t->index + i);
			put_page(page);
		} else {
			xa_store(&t->p->pages, t->index + i, page, GFP_KERNEL);
		}
	}
}

static int give(struct take *t)
{
	struct mm_struct *mm = current->mm;
	struct migrate_vma m = {
		.src = t->src, .dst = t->dst, .start = t->at, .pgmap_owner = t->p,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,	/* so no page that is there is touched */
	};

	memset(t->dst, 0, sizeof(t->dst));
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	m.vma = vma_lookup(mm, t->at);
	if (m.vma)
		m.end = min(t->at + t->n * PAGE_SIZE, m.vma->vm_end);
	if (m.vma && vma_is_anonymous(m.vma) && !migrate_vma_setup(&m)) {
		offer(t, m.npages);
		migrate_vma_pages(&m);
		migrate_vma_finalize(&m);
		settle(t, m.npages);
	}
	mmap_read_unlock(mm);
	return 0;
}
#else	/* a kernel for few pages and no devices: all is copied */
static int give(struct take *t)
{
	memset(t->dst, 0, sizeof(t->dst));
	return 0;
}
#endif

static int copy_one(struct spages *p, pgoff_t index, void __user *to)
{
	struct page *page = xa_load(&p->pages, index);
	unsigned long left;
	void *from;

	if (!page)
		return clear_user(to, PAGE_SIZE) ? -EFAULT : 0;
	from = kmap_local_page(page);
	left = copy_to_user(to, from, PAGE_SIZE);
	kunmap_local(from);
	if (left)
		return -EFAULT;
	xa_erase(&p->pages, index);
	put_page(page);
	return 0;
}

static int take_some(struct take *t)
{
	int rc = fatal_signal_pending(current) ? -EINTR : give(t);
	unsigned int i;

	for (i = 0; i < t->n && !rc; i++)
		if (!is_given(t, i))
			rc = copy_one(t->p, t->index + i, (void __user *)(t->at + i * PAGE_SIZE));
	return rc;
}

static int take_all(struct take *t, u64 len)
{
	int rc = 0;

	for (; len && !rc; len -= t->n * PAGE_SIZE) {
		t->n = min_t(u64, len >> PAGE_SHIFT, AT_ONCE);
		rc = take_some(t);
		t->at += t->n * PAGE_SIZE;
		t->index += t->n;
		cond_resched();
	}
	return rc;
}

int spages_take(struct spages *p, struct inode *inode, const struct crfs_take __user *from)
{
	struct crfs_take what;
	struct take *t;
	int rc = -EINVAL;

	if (copy_from_user(&what, from, sizeof(what)))
		return -EFAULT;
	if (offset_in_page(what.to | what.off | what.len) || what.to > TASK_SIZE_MAX ||
	    what.len > TASK_SIZE_MAX - what.to)
		return -EINVAL;
	t = kvmalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return -ENOMEM;
	t->p = p;
	t->at = what.to;
	t->index = what.off >> PAGE_SHIFT;
	inode_lock(inode);
	if (what.off <= i_size_read(inode) && what.len <= i_size_read(inode) - what.off) {
		p->hashed = -1;
		rc = take_all(t, what.len);
	}
	inode_unlock(inode);
	kvfree(t);
	return rc;
}
