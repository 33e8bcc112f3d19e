/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The pages of an address space as files: how runs of populated pages become extents. */
#ifndef CRFS_EXTENT_H
#define CRFS_EXTENT_H

#include <crfs/shape.h>

/* No extent crosses a multiple of this, so a dirty page makes at most this much travel again. */
#define CRFS_EXTENT_SIZE (2ULL << 20)

/*
 * Holes shorter than this many pages are carried as zeros. A file of its own costs a lookup, an
 * open, a read and a release, and 512 to 1024 bytes of tar header; copying 16 pages of 4 KiB costs
 * less than these round trips, copying many more does not.
 */
#define CRFS_HOLE_MAX 16

/*
 * Where mappings border on one another in it, a hole is often one for good: the guard pages of stacks.
 * Of a thousand threads with 64 KiB of stack the zeros in between would be most of the archive.
 */
#define CRFS_HOLE_ACROSS 4

struct crfs_vma;

/**
 * struct crfs_extents - makes extents from ascending ranges of pages
 *
 * The extents depend on the set of pages only, not on how it was cut into ranges. In an address
 * space crfs_extents_vma() says where each mapping begins, and the extents depend on that, too.
 *
 *	crfs_extents_init(&x, page, bridge);
 *	for each range {
 *		crfs_extents_feed(&x, start, end);
 *		while (crfs_extents_next(&x, &from, &to))
 *			...
 *	}
 *	if (crfs_extents_last(&x, &from, &to))
 *		...
 *
 * @hole: holes shorter than this many bytes are bridged
 * @page: page size in bytes
 * @start, @end: the extent that may still grow; empty if they are equal
 * @more, @more_end: what was fed and is not in it yet
 * @border: where the mapping at hand ends, if an extent may go on in the next; else 0
 * @crossed: it has come to a border since the last page
 * @cut: the extent ends, whatever is fed
 */
struct crfs_extents {
	__u64 hole;
	__u64 page;
	__u64 start, end;
	__u64 more, more_end;
	__u64 border;
	bool crossed, cut;
};

void crfs_extents_init(struct crfs_extents *x, __u64 page, bool bridge);
void crfs_extents_vma(struct crfs_extents *x, const struct crfs_vma *v);
void crfs_extents_cut(struct crfs_extents *x);
bool crfs_extents_cross(const struct crfs_vma *a, const struct crfs_vma *b);
int crfs_extents_feed(struct crfs_extents *x, __u64 start, __u64 end);
bool crfs_extents_next(struct crfs_extents *x, __u64 *start, __u64 *end);
bool crfs_extents_last(struct crfs_extents *x, __u64 *start, __u64 *end);

#endif
