/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Rows of mms/<id>/maps. */
#ifndef CRFS_VMA_H
#define CRFS_VMA_H

#include <crfs/res/mm/maps.h>

/** crfs_vma_joins() - is @b, the next mapping, the rest of @a, so that one row tells both? */
bool crfs_vma_joins(const struct crfs_vma *a, const struct crfs_vma *b);

#endif
