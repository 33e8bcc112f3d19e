/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers: what timers.c (reading), timers_put.c (putting back) and queued signals share. */
#ifndef CRFS_TASK_TIMERS_H
#define CRFS_TASK_TIMERS_H

#include "resource.h"

/** timers_has() - has process @leader a POSIX timer @id? */
bool timers_has(const struct task *leader, int id);

void timers_check(struct image *im, struct iobj *o);
int timers_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

#endif
