/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V segments for those who map them. */
#ifndef CRFS_RES_INODE_SYSV_SHM_CODE_H
#define CRFS_RES_INODE_SYSV_SHM_CODE_H

#include "resource.h"

/** sysv_shm_named() - does /proc say that this mapping is a segment? */
bool sysv_shm_named(const char *name);

/** sysv_shm_bytes() - how much a whole attachment maps */
uint64_t sysv_shm_bytes(const struct iobj *inode);

/** sysv_shm_mapped() - @v of @mm shows inodes/<@id>: if that is a segment, is it no more than there is of it? Names it if not */
void sysv_shm_mapped(struct snap *s, const struct mm *mm, unsigned int id, const struct vma *v);

#endif
