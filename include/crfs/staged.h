/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the kernel filesystem tells its helper of a staged file, by ioctl(2), and does for a task that is made. */
#ifndef CRFS_STAGED_H
#define CRFS_STAGED_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct crfs_staged - an extent
 * @digest: XXH64 of its bytes, big endian
 * @known: it is; not where some have been taken
 */
struct crfs_staged {
	__u8 digest[8];
	__u32 known;
};

/**
 * struct crfs_take - bytes of an extent for the caller's memory, and no more for the file
 * @to: where to; @off: from where; @len: how many: all of whole pages
 */
struct crfs_take {
	__u64 to;
	__u64 off;
	__u64 len;
};

/* Both fail with ENOTTY for all that is no extent. */
#define CRFS_STAGED _IOR(0xcf, 0x40, struct crfs_staged)
#define CRFS_TAKE _IOW(0xcf, 0x41, struct crfs_take)

#endif
