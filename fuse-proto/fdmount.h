/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts that a task sees, by device. */
#ifndef CRFS_FDMOUNT_H
#define CRFS_FDMOUNT_H

#include "snap.h"

struct file_handle;
struct place;

/**
 * handle_place() - a path to the inode of @h on file system @dev, by way of the mounts that @f's task sees
 * Return: 0, 1 if there is none, or a negative errno
 */
int handle_place(struct snap *s, const struct file *f, dev_t dev, struct file_handle *h, struct place *p);

#endif
