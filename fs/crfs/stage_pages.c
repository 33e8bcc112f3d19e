// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: the bytes of extents, in pages of the mount's own.
 *
 * Nearly all of what is copied in are pages of tasks. They are not in the page cache: such a page cannot become
 * that of a task. Whoever is about to read one has a reference to it, and the inode's lock is that of all who write.
 *
 * The digest that the manifest is compared with is taken when they are closed, while they are in a processor's cache
 * (digest.c): of the pages, not of what the writer has, so that nobody can change it between the two. What is changed
 * after that is digested once more.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "crfs/staged.h"
#include "stage.h"
#include "stage_pages.h"

static bool is_named(const struct snode *n, const char *name)
{
	return n->len == strlen(name) && !memcmp(n->name, name, n->len);
}

/* Is @dir mms/<id>/pages or inodes/<id>/pages, wherever the checkpoint begins? */
bool spages_here(const struct snode *dir)
{
	const struct snode *kind = dir->parent ? dir->parent->parent : NULL;

	return kind && is_named(dir, "pages") && (is_named(kind, "mms") || is_named(kind, "inodes"));
}

struct spages *spages_new(void)
{
	struct spages *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	xa_init(&p->pages);
	crfs_xxh64_init(&p->hash);
	return p;
}

void spages_free(struct spages *p)
{
	if (!p)
		return;
	spages_punch(p, 0, MAX_LFS_FILESIZE);
	xa_destroy(&p->pages);
	kfree(p);
}

/* With a reference, or NULL */
static struct page *get_own(struct spages *p, pgoff_t index)
{
	struct page *page;

	xa_lock(&p->pages);
	page = xa_load(&p->pages, index);
	if (xa_is_value(page))
		page = NULL;
	if (page)
		get_page(page);
	xa_unlock(&p->pages);
	return page;
}

ssize_t spages_read(struct spages *p, loff_t size, loff_t *pos, struct iov_iter *to)
{
	size_t off, n, got;
	ssize_t done = 0;
	struct page *page;

	while (*pos < size && iov_iter_count(to)) {
		off = offset_in_page(*pos);
		n = min_t(loff_t, size - *pos, min_t(size_t, PAGE_SIZE - off, iov_iter_count(to)));
		page = get_own(p, *pos >> PAGE_SHIFT);
		if (page) {
			got = copy_page_to_iter(page, off, n, to);
			put_page(page);
		} else {
			got = iov_iter_zero(n, to);
		}
		*pos += got;
		done += got;
		if (got < n)
			return done ? done : -EFAULT;
		cond_resched();
	}
	return done;
}

/* What is at @pos and behind it changes. */
static void changes(struct spages *p, loff_t pos)
{
	if (p->hashed <= pos)
		return;
	crfs_xxh64_init(&p->hash);
	p->hashed = 0;
}

static void hash_page(struct spages *p, size_t n)
{
	struct page *page = get_own(p, p->hashed >> PAGE_SHIFT);
	void *at = kmap_local_page(page ?: ZERO_PAGE(0));

	crfs_xxh64_update(&p->hash, at + offset_in_page(p->hashed), n);
	kunmap_local(at);
	if (page)
		put_page(page);
	p->hashed += n;
}

/* The rest; with the inode's lock. Who is killed leaves it to the next. */
static void hash_rest(struct spages *p, loff_t size)
{
	while (p->hashed >= 0 && p->hashed < size && !fatal_signal_pending(current)) {
		hash_page(p, min_t(loff_t, size - p->hashed, PAGE_SIZE - offset_in_page(p->hashed)));
		cond_resched();
	}
}

void spages_hash(struct inode *inode)
{
	inode_lock(inode);
	hash_rest(sfile_of(inode)->own, i_size_read(inode));
	inode_unlock(inode);
}

/* A new page is shown when it has its bytes. With a reference */
static struct page *new_page(struct spages *p, loff_t pos, size_t n, struct iov_iter *from, size_t *got)
{
	struct page *page = alloc_page(n < PAGE_SIZE ? GFP_HIGHUSER | __GFP_ZERO : GFP_HIGHUSER);
	int rc;

	if (!page)
		return ERR_PTR(-ENOMEM);
	*got = copy_page_from_iter(page, offset_in_page(pos), n, from);
	if (n == PAGE_SIZE && *got < n)
		memzero_page(page, *got, n - *got);
	get_page(page);
	rc = *got ? xa_err(xa_store(&p->pages, pos >> PAGE_SHIFT, page, GFP_KERNEL_ACCOUNT)) : -EFAULT;
	if (!rc)
		return page;
	iov_iter_revert(from, *got);
	put_page(page);
	put_page(page);
	return ERR_PTR(rc);
}

/* What is within a page */
static ssize_t write_piece(struct spages *p, loff_t pos, struct iov_iter *from)
{
	size_t n = min_t(size_t, PAGE_SIZE - offset_in_page(pos), iov_iter_count(from)), got;
	struct page *page = get_own(p, pos >> PAGE_SHIFT);

	changes(p, pos);
	if (page)
		got = copy_page_from_iter(page, offset_in_page(pos), n, from);
	else
		page = new_page(p, pos, n, from, &got);
	if (IS_ERR(page))
		return PTR_ERR(page);
	put_page(page);
	return got ? got : -EFAULT;
}

ssize_t spages_write(struct spages *p, struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t rc, done = 0;

	inode_lock(inode);
	rc = generic_write_checks(iocb, from);
	if (rc > 0)
		rc = file_update_time(iocb->ki_filp) ?: 1;
	while (rc > 0 && iov_iter_count(from)) {
		rc = write_piece(p, iocb->ki_pos, from);
		if (rc < 0)
			break;
		iocb->ki_pos += rc;
		done += rc;
		if (iocb->ki_pos > i_size_read(inode))
			i_size_write(inode, iocb->ki_pos);
		cond_resched();
	}
	inode_unlock(inode);
	return done ? done : rc;
}

/* Whole pages go. */
void spages_punch(struct spages *p, loff_t at, loff_t end)
{
	unsigned long index;
	struct page *page;

	changes(p, at);
	if (end - at < PAGE_SIZE)
		return;
	xa_for_each_range(&p->pages, index, page, (at + PAGE_SIZE - 1) >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1) {
		xa_erase(&p->pages, index);
		put_page(page);
	}
}

/* It ends at @size from now on: what was behind that reads as zeros should it grow again. */
void spages_cut(struct spages *p, loff_t size)
{
	struct page *page = offset_in_page(size) ? xa_load(&p->pages, size >> PAGE_SHIFT) : NULL;

	spages_punch(p, size, MAX_LFS_FILESIZE);
	if (page)
		memzero_page(page, offset_in_page(size), PAGE_SIZE - offset_in_page(size));
	if (!size) {
		crfs_xxh64_init(&p->hash);
		p->hashed = 0;
	}
}

static long tell(struct spages *p, struct inode *inode, struct crfs_staged __user *to)
{
	struct crfs_staged out = { .known = 0 };

	inode_lock(inode);
	hash_rest(p, i_size_read(inode));
	if (p->hashed == i_size_read(inode)) {
		crfs_xxh64_final(&p->hash, out.digest);
		out.known = 1;
	}
	inode_unlock(inode);
	return copy_to_user(to, &out, sizeof(out)) ? -EFAULT : 0;
}

/* Of the helper's */
long spages_ioctl(struct inode *inode, unsigned int cmd, unsigned long arg)
{
	struct spages *p = sfile_of(inode)->own;

	switch (cmd) {
	case CRFS_STAGED:
		return tell(p, inode, (void __user *)arg);
	case CRFS_TAKE:
		return spages_take(p, inode, (void __user *)arg);
	}
	return -ENOTTY;
}
