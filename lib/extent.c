// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The pages of a VMA as files: how runs of populated pages become extents. */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif
#include <crfs/extent.h>

/**
 * crfs_extents_init() - begin a VMA
 * @x: the iterator
 * @page: page size in bytes, a power of two
 * @bridge: may short holes be carried as zeros? Only where a page that is not there reads as
 *	zeros: in a private mapping of a file it reads as the file, and zeros would hide that
 */
void crfs_extents_init(struct crfs_extents *x, __u64 page, bool bridge)
{
	*x = (struct crfs_extents){ .page = page, .hole = bridge ? CRFS_HOLE_MAX * page : 0 };
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
	__u64 gap = x->more - x->end;

	return (x->start ^ x->more) < CRFS_EXTENT_SIZE && (!gap || gap < x->hole);
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
