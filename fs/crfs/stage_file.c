// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: open files. Their bytes are in the page cache, those of extents in pages of their own; whoever
 * closes the last one that is missing runs the restore.
 *
 * The helper may write while a restore runs: it gives back the bytes that it has put into tasks,
 * and has them back should the restore fail.
 */
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "stage.h"
#include "stage_pages.h"

/* file.private_data of what the helper has opened for writing */
static char helpers;

static bool is_helpers(const struct file *file)
{
	return file->private_data == &helpers;
}

/* The lock is held on success. Nothing is locked but that, so it waits for a restore. */
static int begin(struct stage *st)
{
	int rc = 0;

	mutex_lock(&st->lock);
	while (st->busy && !rc) {
		mutex_unlock(&st->lock);
		rc = wait_event_killable(st->idle, !READ_ONCE(st->busy));
		mutex_lock(&st->lock);
	}
	if (!rc && (!stage_look(st) || st->over))
		rc = -ESTALE;
	if (rc)
		mutex_unlock(&st->lock);
	return rc;
}

static int file_open(struct inode *inode, struct file *file)
{
	struct sfile *f = sfile_of(inode);
	int rc;

	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	mutex_lock(&f->st->lock);
	if (f->st->busy && run_is_mine(f->st)) {
		file->private_data = &helpers;
		mutex_unlock(&f->st->lock);
		return 0;
	}
	mutex_unlock(&f->st->lock);
	rc = may_restore(f->st->mi) ? begin(f->st) : -EPERM;
	if (rc)
		return rc;
	stage_wrote(f->st);
	f->writers++;
	trigger_undone(f->st, f);
	mutex_unlock(&f->st->lock);
	return 0;
}

static ssize_t read_own(struct kiocb *iocb, struct iov_iter *to)
{
	struct inode *inode = file_inode(iocb->ki_filp);

	return spages_read(sfile_of(inode)->own, i_size_read(inode), &iocb->ki_pos, to);
}

static ssize_t put_bytes(struct sfile *f, struct kiocb *iocb, struct iov_iter *from)
{
	return f->own ? spages_write(f->own, iocb, from) : generic_file_write_iter(iocb, from);
}

static ssize_t file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	struct sfile *f = sfile_of(inode);
	loff_t at = iocb->ki_flags & IOCB_APPEND ? i_size_read(inode) : iocb->ki_pos;
	int rc;

	if (is_helpers(iocb->ki_filp))
		return put_bytes(f, iocb, from);
	if (at < 0 || iov_iter_count(from) > MAX_LFS_FILESIZE - at)
		return -EFBIG;
	rc = begin(f->st);
	if (rc)
		return rc;
	if (!stage_room(f->st, f, at + iov_iter_count(from)))
		rc = -ENOSPC;
	else
		f->changed = true;
	mutex_unlock(&f->st->lock);
	return rc ? rc : put_bytes(f, iocb, from);
}

/* Runs at every close of a duplicate, the first time perhaps with nothing written. */
static int file_flush(struct file *file, fl_owner_t id)
{
	struct sfile *f = sfile_of(file_inode(file));
	struct stage *st = f->st;
	int rc = 0;

	if (!(file->f_mode & FMODE_WRITE) || is_helpers(file))
		return 0;
	if (f->own && f->changed)
		digest_staged(f->inode);
	mutex_lock(&st->lock);
	if (!st->busy && stage_look(st) && !st->over && (f->changed || !f->complete)) {
		rc = trigger_done(st, f);
		/* A program that is about to be replaced is locked, and can return nothing. */
		if (current->in_execve)
			trigger_later(st, rc);
		else if (!rc && trigger_names(st, f))
			rc = trigger_run(st);
	}
	mutex_unlock(&st->lock);
	return rc;
}

/* The last writer has gone: an empty file that was passed over is what it is now. */
static void last_writer(struct stage *st, struct sfile *f)
{
	bool again = st->recheck;

	if (again)
		st->changed = true;
	if ((f->changed || !f->complete) && trigger_done(st, f))
		return;
	if (again)
		trigger_run(st);
}

static int file_release(struct inode *inode, struct file *file)
{
	struct sfile *f = sfile_of(inode);
	struct stage *st = f->st;

	if (!(file->f_mode & FMODE_WRITE) || is_helpers(file))
		return 0;
	mutex_lock(&st->lock);
	if (!--f->writers && !st->busy && stage_look(st) && !st->over)
		last_writer(st, f);
	mutex_unlock(&st->lock);
	return 0;
}

static void punch(struct inode *inode, loff_t at, loff_t end)
{
	struct spages *own = sfile_of(inode)->own;

	if (!own) {
		truncate_pagecache_range(inode, at, end - 1);
		return;
	}
	inode_lock(inode);
	spages_punch(own, at, end);
	inode_unlock(inode);
}

static long file_fallocate(struct file *file, int mode, loff_t at, loff_t len)
{
	struct inode *inode = file_inode(file);
	struct sfile *f = sfile_of(inode);
	int rc;

	if (is_helpers(file)) {
		if (mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
			return -EOPNOTSUPP;
		punch(inode, at, at + len);
		return 0;
	}
	/* rsync --preallocate, cp: it is promised that there will be room, and no more */
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	rc = begin(f->st);
	if (rc)
		return rc;
	rc = stage_room(f->st, f, at + len) ? 0 : -ENOSPC;
	mutex_unlock(&f->st->lock);
	if (rc || mode & FALLOC_FL_KEEP_SIZE)
		return rc;
	inode_lock(inode);
	if (at + len > i_size_read(inode))
		i_size_write(inode, at + len);
	inode_unlock(inode);
	return 0;
}

/* A hole has no page: there is no other place for the bytes. */
static loff_t seek(struct xarray *pages, loff_t size, loff_t pos, bool data)
{
	unsigned long at = pos >> PAGE_SHIFT, last = (size - 1) >> PAGE_SHIFT, next;

	if (pos < 0 || pos >= size)
		return -ENXIO;
	if (data) {
		if (!xa_find(pages, &at, last, XA_PRESENT))
			return -ENXIO;
		return max_t(loff_t, pos, (loff_t)at << PAGE_SHIFT);
	}
	for (next = at; next <= last; next++)
		if (!xa_load(pages, next))
			break;
	if (next > last)
		return size;
	return max_t(loff_t, pos, (loff_t)next << PAGE_SHIFT);
}

static loff_t file_llseek(struct file *file, loff_t pos, int whence)
{
	struct inode *inode = file_inode(file);
	struct spages *own = sfile_of(inode)->own;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, pos, whence);
	pos = seek(own ? &own->pages : &inode->i_mapping->i_pages, i_size_read(inode), pos, whence == SEEK_DATA);
	return pos < 0 ? pos : vfs_setpos(file, pos, inode->i_sb->s_maxbytes);
}

/* What is written through a mapping would be noticed by nobody. */
static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return is_helpers(file) ? generic_file_mmap(file, vma) : generic_file_readonly_mmap(file, vma);
}

const struct file_operations stage_fops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.flush = file_flush,
	.read_iter = generic_file_read_iter,
	.write_iter = file_write_iter,
	.splice_read = crfs_file_splice_read,
	.splice_write = iter_file_splice_write,
	.llseek = file_llseek,
	.fallocate = file_fallocate,
	.mmap = file_mmap,
	.fsync = noop_fsync,
};

static long own_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return is_helpers(file) ? spages_ioctl(file_inode(file), cmd, arg) : -ENOTTY;
}

/* Of extents. They cannot be mapped: their pages are to be those of tasks. */
const struct file_operations stage_pages_fops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.flush = file_flush,
	.read_iter = read_own,
	.write_iter = file_write_iter,
	.splice_read = crfs_splice_read,
	.splice_write = iter_file_splice_write,
	.llseek = file_llseek,
	.fallocate = file_fallocate,
	.unlocked_ioctl = own_ioctl,
	.fsync = noop_fsync,
};

/* Return: was it one of ours? */
bool stage_evict(struct inode *inode)
{
	struct sfile *f = inode->i_private;

	if (inode->i_op != &stage_file_iops && inode->i_op != &stage_dir_iops)
		return false;
	atomic64_sub(f->charged, &f->st->used);
	spages_free(f->own);
	kfree(f);
	return true;
}
