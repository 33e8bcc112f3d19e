/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Rows of mms/<id>/maps. */
#ifndef CRFS_VMA_H
#define CRFS_VMA_H

#include <crfs/res/mm/maps.h>

/** crfs_vma_joins() - is @b, the next mapping, the rest of @a, so that one row tells both? */
bool crfs_vma_joins(const struct crfs_vma *a, const struct crfs_vma *b);

/**
 * crfs_probed() - is @mem, a page of code, that of its @file but for breakpoints (int3)? Somebody who is no debugger
 * puts them there with uprobes, for perf, bpftrace and their like, and takes them off in the mappings that he knows of.
 * Return: where the first one is, or -1
 */
long crfs_probed(const unsigned char *mem, const unsigned char *file, unsigned long size);

#endif
