/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments, those of a thread and those of an address space: what segments.c and mm/ldt.c share. */
#ifndef CRFS_TASK_SEGMENTS_H
#define CRFS_TASK_SEGMENTS_H

#include <asm/ldt.h>

#include <crfs/res/task/segments.h>

#include "image.h"

/** segment_user() - as system calls take it */
struct user_desc segment_user(const struct crfs_segment *c);
/** segment_of() - as the tree has it */
struct crfs_segment segment_of(const struct user_desc *d);

/** segments_check() - could these rows of @file be set, with entries from @first to @last? */
void segments_check(struct image *im, struct iobj *o, const char *file, const struct crfs_segment *c, size_t n,
		    unsigned int first, unsigned int last);

/** segments_put() - give a restored task, stopped, its own; before its registers, which may name them */
int segments_put(struct rtask *rt);

/** breakpoints_put() - likewise (breakpoints.c), behind all that we do in it */
int breakpoints_put(struct rtask *rt);

#endif
