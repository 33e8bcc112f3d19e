/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/dispatch: which system calls of a thread become SIGSYS, as PR_SET_SYSCALL_USER_DISPATCH takes it. */
#ifndef CRFS_RES_TASK_DISPATCH_H
#define CRFS_RES_TASK_DISPATCH_H

#include <crfs/names.h>

CRFS_NAMES(crfs_dispatch_names) = {
	{ 1, "PR_SYS_DISPATCH_EXCLUSIVE_ON" },	/* those from elsewhere than the range */
	{ 2, "PR_SYS_DISPATCH_INCLUSIVE_ON" },	/* those from the range */
	{ 0, NULL }
};

struct crfs_dispatch {
	__u32 mode;
	__u64 offset;
	__u64 length;
	__u64 selector;		/* the address of a byte that says whether they do; 0x0: always */
};

static const struct crfs_field crfs_dispatch_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_dispatch, CRFS_NAME, mode, crfs_dispatch_names),
	CRFS_FIELD(struct crfs_dispatch, CRFS_HEX, offset),
	CRFS_FIELD(struct crfs_dispatch, CRFS_HEX, length),
	CRFS_FIELD(struct crfs_dispatch, CRFS_HEX, selector),
};
CRFS_SHAPE(crfs_dispatch_shape, struct crfs_dispatch, CRFS_BLOCK, "dispatch", crfs_dispatch_fields);

#endif
