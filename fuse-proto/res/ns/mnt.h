/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount namespaces: what mnt.c (reading) and mnt_make.c (making again) share. */
#ifndef CRFS_NS_MNT_H
#define CRFS_NS_MNT_H

#include "mounts.h"
#include "resource.h"

/** mnt_makeable() - can a mount of this type be made from nothing? */
bool mnt_makeable(const struct crfs_mount *c);

void mnt_check(struct image *im, struct iobj *o);
int mnt_make(struct restore *rs, struct iobj *o);

#endif
