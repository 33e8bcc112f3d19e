/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program to which no path leads. */
#ifndef CRFS_MM_PROGRAM_H
#define CRFS_MM_PROGRAM_H

#include "resource.h"

/** program_inode() - of the address space @o, the inode that is its program; 0: a file with a path is */
unsigned int program_inode(const struct iobj *o);

/** program_fd() - that inode, and only to be read from then on. Return: its descriptor or a negative errno */
int program_fd(struct restore *rs, const struct iobj *o);

#endif
