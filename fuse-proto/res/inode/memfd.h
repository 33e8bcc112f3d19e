/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memfd, wherever it is open or mapped. */
#ifndef CRFS_RES_INODE_MEMFD_ROOM_H
#define CRFS_RES_INODE_MEMFD_ROOM_H

#include "resource.h"

extern const struct resource res_inode_memfd;

/** memfd_link() - is "/memfd:name (deleted)" the link of descriptor @fd, and is it a memfd? */
bool memfd_link(const char *link);

#endif
