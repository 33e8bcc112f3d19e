/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mapping what takes no address: the rings of io_uring. */
#ifndef CRFS_MM_HOLE_H
#define CRFS_MM_HOLE_H

#include "keep.h"
#include "run.h"

/** hole_row() - is @r such a mapping? */
bool hole_row(const struct image *im, const struct crfs_vma *r);

/** hole_put() - map them, when all other rows of @d are mapped, and nothing else but the arena */
void hole_put(struct restore *rs, const struct mmdata *d, struct tape *t);

#endif
