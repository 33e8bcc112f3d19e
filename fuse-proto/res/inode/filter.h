/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket filters as inodes, for the options of sockets. */
#ifndef CRFS_RES_INODE_FILTER_ROOM_H
#define CRFS_RES_INODE_FILTER_ROOM_H

#include "image.h"
#include "snap.h"

/** filter_inode() - the filter of socket @f as an inode. @id: its number, 0 if it has none */
int filter_inode(struct snap *s, const struct file *f, unsigned int *id);

/** filter_check() - ->check of a socket: is inodes/<@id> a filter? */
void filter_check(struct image *im, struct iobj *o, int64_t id);

/** filter_attach() - SO_ATTACH_FILTER of inodes/<@id> */
int filter_attach(struct restore *rs, struct iobj *o, int64_t id, int fd);

#endif
