/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which time namespace a process is. */
#ifndef CRFS_TASK_TIMENS_H
#define CRFS_TASK_TIMENS_H

#include "resource.h"

/** timens_home() - ns/time-<id> of all who do not say otherwise; 0: the mounter's. NULL object: as that */
struct iobj *timens_home(const struct image *im);
/** timens_of() - that of @rt (of a helper: of whom it makes), NULL: the mounter's */
struct iobj *timens_of(const struct image *im, const struct rtask *rt);
/** timens_moves() - is @rt in another than who makes it? */
bool timens_moves(const struct restore *rs, const struct rtask *rt);
/** timens_put() - on the tape of @rt, newborn: there */
void timens_put(struct restore *rs, struct rtask *rt, struct tape *t);

#endif
