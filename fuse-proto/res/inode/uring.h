/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io_urings as inodes, for who has them open and for what is mapped. */
#ifndef CRFS_INODE_URING_ROOM_H
#define CRFS_INODE_URING_ROOM_H

#include <stdbool.h>
#include <string.h>

#include <crfs/res/mm/maps.h>
#include <crfs/uring.h>

#include "image.h"
#include "resource.h"
#include "snap.h"

/**
 * struct uring_map - a mapping of our own
 * @rings, @sqes: of so many bytes
 */
struct uring_map {
	char *rings, *sqes;
	size_t rings_size, sqes_size;
	struct io_uring_params p;
};

/** uring_setup() - a new one as @r. Return: its descriptor, with what it is like in @p, or a negative errno */
int uring_setup(const struct crfs_inode_uring *r, struct io_uring_params *p);

/** uring_map() - that at @fd, which is laid out as @m->p says. Return: 0 or a negative errno, and nothing is mapped */
int uring_map(int fd, struct uring_map *m, int prot);
void uring_unmap(struct uring_map *m);

/** uring_inode() - the inode for that with the inode (@dev, @ino) of the kernel */
struct inode *uring_inode(struct snap *s, dev_t dev, ino_t ino);

/** uring_show() - look at that which @f is. Return: the number of its inode, or a negative errno */
int uring_show(struct snap *s, const struct file *f);

/** uring_named() - is it a mapping of one? */
static inline bool uring_named(const char *name)
{
	return !strcmp(name, CRFS_URING_NAME);
}

/** uring_mapped() - @v shows inode @id, whatever that is; a part of an io_uring, or a copy, cannot be made again */
void uring_mapped(struct snap *s, unsigned int id, const struct vma *v, bool shared);

/** uring_whole() - does the row @r of a mapping show what it may of @n, if that is an io_uring? */
bool uring_whole(const struct iobj *n, const struct crfs_vma *r);

/** uring_check(), uring_make() - the room's ->check and ->make */
void uring_check(struct image *im, struct iobj *n);
int uring_make(struct restore *rs, struct iobj *n);

#endif
