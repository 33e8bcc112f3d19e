// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The pages of an address space as files: how runs of populated pages become extents. */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif
#include <crfs/extent.h>
#include <crfs/res/mm/maps.h>

/**
 * crfs_extents_init() - begin
 * @x: the iterator
 * @page: page size in bytes, a power of two
 * @bridge: may short holes be carried as zeros? Only where a page that is not there reads as
 *	zeros: in a private mapping of a file it reads as the file, and zeros would hide that
 */
void crfs_extents_init(struct crfs_extents *x, __u64 page, bool bridge)
{
	*x = (struct crfs_extents){ .page = page, .hole = bridge ? CRFS_HOLE_MAX * page : 0 };
}

static bool own(const struct crfs_vma *v)
{
	return v->kind == CRFS_VMA_ANON && !(v->flags & CRFS_VMA_SHARED);
}

/**
 * crfs_extents_cross() - may an extent go on from one mapping into the next?
 * @a: a mapping
 * @b: the next one
 *
 * Where all that is not there reads as zeros, and nothing lies between.
 */
bool crfs_extents_cross(const struct crfs_vma *a, const struct crfs_vma *b)
{
	return own(a) && own(b) && a->end == b->start;
}

/**
 * crfs_extents_cut() - what was fed so far ends here, whatever comes
 * @x: the iterator
 */
void crfs_extents_cut(struct crfs_extents *x)
{
	x->cut = true;
}

/**
 * crfs_extents_vma() - what is fed from now on lies in this mapping
 * @x: the iterator
 * @v: the mapping; private, and behind the last one
 *
 * A page that is missing from a mapping of a file, or of other memory, reads as that, not as zeros:
 * no bridges there at all. Huge pages of a pool are put back whole: each mapping for itself.
 */
void crfs_extents_vma(struct crfs_extents *x, const struct crfs_vma *v)
{
	bool zeros = v->kind == CRFS_VMA_ANON || v->kind == CRFS_VMA_HUGETLB;

	if (!own(v) || v->start != x->border)
		crfs_extents_cut(x);
	x->crossed = true;
	x->border = own(v) ? v->end : 0;
	x->hole = zeros ? CRFS_HOLE_MAX * x->page : 0;
}

/**
 * crfs_extents_feed() - the next range of populated pages
 * @x: the iterator, from which crfs_extents_next() has taken all there was
 * @start: its first address
 * @end: the first address behind it
 *
 * Return: 0, or -EINVAL if the range is empty, not of whole pages or not behind the last one
 */
int crfs_extents_feed(struct crfs_extents *x, __u64 start, __u64 end)
{
	if (start >= end || (start | end) & (x->page - 1) || start < x->more_end ||
	    x->more != x->more_end)
		return -EINVAL;
	x->more = start;
	x->more_end = end;
	return 0;
}

static bool joins(const struct crfs_extents *x)
{
	__u64 gap = x->more - x->end, across = CRFS_HOLE_ACROSS * x->page;
	__u64 hole = x->crossed && across < x->hole ? across : x->hole;

	return !x->cut && (x->start ^ x->more) < CRFS_EXTENT_SIZE && (!gap || gap < hole);
}

/**
 * crfs_extents_next() - an extent that no further range can change
 * @x: the iterator
 * @start: its first address
 * @end: the first address behind it
 *
 * Return: false if there is none until more is fed
 */
bool crfs_extents_next(struct crfs_extents *x, __u64 *start, __u64 *end)
{
	while (x->more < x->more_end) {
		__u64 to = (x->more | (CRFS_EXTENT_SIZE - 1)) + 1;
		bool out = x->start < x->end && !joins(x);

		if (to > x->more_end || !to)
			to = x->more_end;
		if (out) {
			*start = x->start;
			*end = x->end;
		}
		if (out || x->start == x->end)
			x->start = x->more;
		x->end = to;
		x->more = to;
		x->crossed = x->cut = false;
		if (out)
			return true;
	}
	return false;
}

/**
 * crfs_extents_last() - the extent that is left when everything was fed
 * @x: the iterator, from which crfs_extents_next() has taken all there was
 * @start: its first address
 * @end: the first address behind it
 *
 * Return: false if there is none
 */
bool crfs_extents_last(struct crfs_extents *x, __u64 *start, __u64 *end)
{
	if (x->start == x->end)
		return false;
	*start = x->start;
	*end = x->end;
	x->start = x->end;
	return true;
}
