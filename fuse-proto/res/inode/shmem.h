/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of shared memory as extents in inodes/<id>/pages, both ways; shm and memfd have them. */
#ifndef CRFS_RES_INODE_SHMEM_H
#define CRFS_RES_INODE_SHMEM_H

#include "resource.h"

/** shmem_open() - give @i a readable descriptor of its own, position and all */
int shmem_open(struct inode *i);

/** shmem_page() - size of the huge pages that a file of this kind is made of, 0: ordinary ones */
static inline uint64_t shmem_page(const struct stat *st)
{
	return st->st_blksize > 4096 ? st->st_blksize : 0;
}

/** shmem_huge() - the flags of mmap(2) and memfd_create(2) for the size of huge pages */
static inline unsigned int shmem_huge(uint64_t page)
{
	return (unsigned int)__builtin_ctzll(page) << 26;	/* MAP_HUGE_SHIFT */
}

/** shmem_read() - make the extents of @i, which is @size bytes long */
int shmem_read(struct snap *s, struct inode *i, uint64_t size);

/** shmem_pages() - the first of the extents of @o, or NULL */
struct node *shmem_pages(const struct iobj *o);

/** shmem_check() - are the extents of @o whole, and within @size, of pages of @page? Names it if not */
void shmem_check(struct image *im, const struct iobj *o, uint64_t size, uint64_t page);

/** shmem_fill() - make @fd @size bytes long and put the extents there */
int shmem_fill(struct restore *rs, const struct iobj *o, int fd, uint64_t size, uint64_t page);

#endif
