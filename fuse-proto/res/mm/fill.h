/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting pages in place. */
#ifndef CRFS_RES_MM_FILL_H
#define CRFS_RES_MM_FILL_H

#include "mm.h"

/** fill_all() - ops that put the extents of @o in place; all is mapped, and writable */
void fill_all(const struct restore *rs, const struct iobj *o, const struct mmdata *d,
	      struct tape *t);

/** huge_plant() - before that: huge pages only where extents fill them (huge.c) */
void huge_plant(const struct iobj *o, const struct mmdata *d, struct tape *t);

#endif
