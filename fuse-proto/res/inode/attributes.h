/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of inodes that are lost by name. */
#ifndef CRFS_RES_INODE_ATTRIBUTES_H
#define CRFS_RES_INODE_ATTRIBUTES_H

#include "resource.h"

/** lost_xattrs() - extended attributes of @n, but for those of security modules; @what: "a memfd" */
void lost_xattrs(struct snap *s, const struct inode *n, const char *what);

/** lost_flags() - that what @fd (O_PATH will do) leads to is immutable, or only appended to */
void lost_flags(struct snap *s, const char *obj, int fd, const char *what);

#endif
