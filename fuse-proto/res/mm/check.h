/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings of a tree: do they make sense, and can they be had here? */
#ifndef CRFS_RES_MM_CHECK_H
#define CRFS_RES_MM_CHECK_H

#include "mm.h"

/** maps_check() - ->check of maps */
void maps_check(struct image *im, struct iobj *o);

#endif
