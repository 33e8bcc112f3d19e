/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contexts of asynchronous I/O: mappings by which the kernel knows them. */
#ifndef CRFS_RES_MM_AIO_ROOM_H
#define CRFS_RES_MM_AIO_ROOM_H

#include "mm.h"

/** aio_named() - is @v the ring of such a context? */
bool aio_named(const struct vma *v);

/** aio_ring() - can the context whose ring @v is be carried? Names why not */
bool aio_ring(struct snap *s, struct mm *mm, const struct vma *v);

#endif
