/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared anonymous memory. */
#ifndef CRFS_RES_INODE_SHM_ROOM_H
#define CRFS_RES_INODE_SHM_ROOM_H

#include "resource.h"

extern const struct resource res_inode_shm;

#endif
