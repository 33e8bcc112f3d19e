/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of staged extents (stage_pages.c). */
#ifndef CRFS_STAGE_PAGES_H
#define CRFS_STAGE_PAGES_H

#include <linux/xarray.h>

#include "crfs/digest.h"

struct crfs_take;
struct snode;

/**
 * struct spages - of an extent
 * @pages: by index; none: a hole; a value: one that is on its way to a task
 * @hash: of its first @hashed bytes, as they are; -1: pages are missing
 */
struct spages {
	struct xarray pages;
	struct crfs_xxh64 hash;
	loff_t hashed;
};

extern const struct file_operations stage_pages_fops;

bool spages_here(const struct snode *dir);
struct spages *spages_new(void);
void spages_free(struct spages *p);
ssize_t spages_read(struct spages *p, loff_t size, loff_t *pos, struct iov_iter *to);
ssize_t spages_write(struct spages *p, struct kiocb *iocb, struct iov_iter *from);
void spages_punch(struct spages *p, loff_t at, loff_t end);
void spages_cut(struct spages *p, loff_t size);
void spages_hash(struct inode *inode);
long spages_ioctl(struct inode *inode, unsigned int cmd, unsigned long arg);

/* stage_take.c */
int spages_take(struct spages *p, struct inode *inode, const struct crfs_take __user *from);

#endif
