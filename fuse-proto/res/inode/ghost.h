/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files without a name, for whoever has one: descriptors and mappings. */
#ifndef CRFS_INODE_GHOST_H
#define CRFS_INODE_GHOST_H

#include "fdroom.h"

/**
 * ghost() - the inode of a regular file without a name
 * @fd: any descriptor of it, also O_PATH; not kept
 * @p: the place it had
 * Return: the inode, or NULL (no memory, or it could not be opened to be read)
 */
struct inode *ghost(struct snap *s, int fd, const struct stat *st, const struct place *p);

#endif
