/* SPDX-License-Identifier: GPL-2.0-only */
/* io_urings as inodes, for who has them open and for what is mapped. */
#ifndef CRFS_INODE_URING_H
#define CRFS_INODE_URING_H

#include <crfs/res/mm/maps.h>
#include <crfs/uring.h>

#include "internal.h"

/* uring_inode() - that which @file is a descriptor or a mapping of; NULL: no memory */
struct cinode *uring_inode(struct snap *s, const struct file *file);

/* uring_mapped() - @row shows @n, whatever that is; a part of an io_uring, or a copy, cannot be made again */
void uring_mapped(const struct cinode *n, const struct crfs_vma *row);

/* uring_show() - look at that which @f is. Return: the number of its inode, or a negative errno */
int uring_show(struct snap *s, const struct cfile *f);

/* uring_named() - is it a file or a mapping of one? */
static inline bool uring_named(const char *name)
{
	return !strcmp(name, CRFS_URING_NAME);
}

#endif
