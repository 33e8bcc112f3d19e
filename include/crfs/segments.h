/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Descriptors of segments, as the CPU has them in a table. x86-64. */
#ifndef CRFS_SEGMENTS_H
#define CRFS_SEGMENTS_H

#include <crfs/res/task/segments.h>
#include <crfs/text.h>

/**
 * crfs_segments_text() - the section of a table of segments; none where nothing is in it
 * @out: what it goes into
 * @shape: of the section, whose records are of struct crfs_segment
 * @table, @n: the descriptors; 0 is an entry that is not used
 * @first: the number of the first of them
 */
void crfs_segments_text(struct text *out, const struct crfs_shape *shape, const __u64 *table, unsigned int n,
			unsigned int first);

#endif
