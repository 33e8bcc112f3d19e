/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings of System V segments: attached, not mapped, so that shmdt(2) and the count know them. */
#ifndef CRFS_RES_MM_SEGMENT_H
#define CRFS_RES_MM_SEGMENT_H

#include "mm.h"

/** segment() - what @r shows, if that is a segment */
const struct iobj *segment(const struct image *im, const struct crfs_vma *r);

/** segment_wrong() - is it no part of it? */
bool segment_wrong(const struct image *im, const struct crfs_vma *r);

/** segment_put() - attach all of them, and cut off what was not there. Return: 0, or -errno with the reason noted */
int segment_put(struct restore *rs, const struct mmdata *d, struct tape *t);

/** segment_prot() - the protection that @r has after that */
int segment_prot(const struct image *im, const struct mmdata *d, const struct crfs_vma *r);

#endif
