/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removed directories, for whoever is in one: descriptors, cwd and root. */
#ifndef CRFS_INODE_GHOST_DIR_H
#define CRFS_INODE_GHOST_DIR_H

#include "fdroom.h"

/**
 * ghost_dir() - the inode of a removed directory
 * @fd: any descriptor of it, also O_PATH; not kept
 * @p: the place it had
 *
 * At restore image_obj(im, IOBJ_INODE, id)->fd is an O_RDONLY descriptor of it in the controller,
 * made before the tasks, which inherit it at this number.
 *
 * Return: the inode, or NULL (no memory)
 */
struct inode *ghost_dir(struct snap *s, int fd, const struct place *p);

#endif
