/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting mappings back: what the task is given to open, and the calls that map, fill, protect. */
#ifndef CRFS_RES_MM_BUILD_H
#define CRFS_RES_MM_BUILD_H

#include "mm.h"

/** build_make() - open all that @o maps. Return: 0 or a negative errno with the reason noted */
int build_make(struct restore *rs, struct iobj *o);

/**
 * build_put() - ops of @rt that map, fill and protect everything of @o; the old mappings are gone.
 * Return: 0 or a negative errno
 */
int build_put(struct restore *rs, const struct rtask *rt, struct iobj *o, struct tape *t);

/** build_ring() - ops for what the mapping @r of @o, which somebody else has made, has beside its place */
void build_ring(const struct iobj *o, const struct crfs_vma *r, struct tape *t);

/** build_late() - ops for what follows on the content: guards and locks. Return: are there any? */
bool build_late(const struct iobj *o, const struct mmdata *d, struct tape *t);

#endif
