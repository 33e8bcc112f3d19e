/* SPDX-License-Identifier: GPL-2.0-only */
/* What inotify(7) and fanotify(7) watch. */
#ifndef CRFS_WATCHED_H
#define CRFS_WATCHED_H

#include "internal.h"

/**
 * watched_inodes() - the inodes with marks of @file, in the order in which fdinfo has them
 * @n: how many there are at most
 *
 * Return: so many, in the pool, with references; NULL behind the last; or NULL: no memory
 */
struct inode **watched_inodes(struct snap *s, struct file *file, size_t n);
void watched_put(struct inode **inodes, size_t n);

/* watched_path() - a path to @inode by way of a mount that @t sees, in the pool; NULL: there is none */
char *watched_path(struct snap *s, struct ctask *t, struct inode *inode);

#endif
