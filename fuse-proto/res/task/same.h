/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a thread has only if they differ from its leader's: 10,000 threads, one text. */
#ifndef CRFS_TASK_SAME_H
#define CRFS_TASK_SAME_H

#include "resource.h"

/**
 * same_emit() - write what @fill makes of @t, or nothing if its leader has the same
 * @key: where the leader's text is noted; any address of the room's own
 * @fill: writes the sections; must not name obstacles, it runs more than once
 */
int same_emit(struct snap *s, struct task *t, const void *key,
	      int (*fill)(struct snap *s, struct task *t, struct text *out), struct text *out);

/** same_check() - @o has no file of @room: then its leader must have one, for there is no default */
void same_check(struct image *im, const struct iobj *o, const struct resource *room);

/** same_rec() - the record of @rt, or its leader's if it has none */
void *same_rec(const struct rtask *rt, const struct resource *room);

/** task_free_fd() - the number that the next descriptor gets in @rt's table, once its own are there */
unsigned int task_free_fd(const struct rtask *rt);

#endif
