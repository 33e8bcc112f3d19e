/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Syscall user dispatch, as the kernel keeps it and as it is set. */
#ifndef CRFS_DISPATCH_H
#define CRFS_DISPATCH_H

#include <crfs/res/task/dispatch.h>

#define CRFS_DISPATCH_EXCLUSIVE 1
#define CRFS_DISPATCH_INCLUSIVE 2

/** crfs_dispatch_wraps() - are those let through that are not in an inclusive range (6.18)? */
static inline bool crfs_dispatch_wraps(__u64 offset, __u64 length)
{
	return offset && offset + length <= offset;
}

/** crfs_dispatch_of() - what lets calls from @offset on through, as prctl(2) and ptrace(2) take it */
static inline struct crfs_dispatch crfs_dispatch_of(__u64 offset, __u64 length, __u64 selector)
{
	if (!crfs_dispatch_wraps(offset, length))
		return (struct crfs_dispatch){ CRFS_DISPATCH_EXCLUSIVE, offset, length, selector };
	return (struct crfs_dispatch){ CRFS_DISPATCH_INCLUSIVE, offset + length, -length, selector };
}

#endif
