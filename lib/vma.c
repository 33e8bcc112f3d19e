// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Rows of mms/<id>/maps. */
#include <crfs/str.h>
#include <crfs/vma.h>

bool crfs_vma_joins(const struct crfs_vma *a, const struct crfs_vma *b)
{
	bool shows = a->kind == CRFS_VMA_FILE || a->kind == CRFS_VMA_INODE;

	return a->end == b->start && a->prot == b->prot && a->kind == b->kind && a->kind != CRFS_VMA_AIO &&
	       a->flags == b->flags && a->pkey == b->pkey && a->page == b->page &&
	       a->inode == b->inode && crfs_str_eq(&a->path, &b->path) &&
	       (!shows || a->offset + (a->end - a->start) == b->offset);
}

#define INT3 0xcc

long crfs_probed(const unsigned char *mem, const unsigned char *file, unsigned long size)
{
	unsigned long i;
	long at = -1;

	for (i = 0; i < size; i++) {
		if (mem[i] == file[i])
			continue;
		if (mem[i] != INT3)
			return -1;
		if (at < 0)
			at = i;
	}
	return at;
}
