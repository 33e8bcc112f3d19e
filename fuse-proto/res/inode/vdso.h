/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of the vdso, which travels so that another kernel can stand in for it. */
#ifndef CRFS_RES_INODE_VDSO_ROOM_H
#define CRFS_RES_INODE_VDSO_ROOM_H

#include "resource.h"

extern const struct resource res_inode_vdso;

/** vdso_inode() - its id; all tasks of one kernel have the same. 0: no memory */
unsigned int vdso_inode(struct snap *s);

/** vdso_image() - the image that inode @o carries, malloc'ed, of *@size bytes; NULL: unreadable */
uint8_t *vdso_image(const struct iobj *o, uint64_t *size);

#endif
