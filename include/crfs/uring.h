/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which io_urings can be carried, and how large what is mapped of one is. */
#ifndef CRFS_URING_H
#define CRFS_URING_H

#include <linux/io_uring.h>

#include <crfs/res/inode/uring.h>

#define CRFS_URING_NAME "anon_inode:[io_uring]"	/* as a descriptor and as a mapping */

/* linux/io_uring.h of newer kernels */
#define CRFS_URING_NO_SQARRAY (1U << 16)

/*
 * IORING_SETUP_*: how the program is told, and how its requests are laid out; not: threads of their own, polling devices, or
 * that one thread alone may use it.
 */
#define CRFS_URING_FLAGS (IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | \
			  IORING_SETUP_SQE128 | IORING_SETUP_CQE32 | CRFS_URING_NO_SQARRAY)
#define CRFS_URING_MOST (1U << 28)	/* requests that a new one is led through */

/** crfs_uring_rings() - bytes at IORING_OFF_SQ_RING */
static inline __u64 crfs_uring_rings(const struct crfs_inode_uring *r)
{
	const __u64 cqe = sizeof(struct io_uring_cqe) << !!(r->flags & IORING_SETUP_CQE32);
	const __u64 cqes = r->cqes + cqe * r->cq_entries;
	const __u64 array = r->flags & CRFS_URING_NO_SQARRAY ? 0 : r->array + 4ULL * r->sq_entries;

	return array > cqes ? array : cqes;
}

/** crfs_uring_sqes() - bytes at IORING_OFF_SQES */
static inline __u64 crfs_uring_sqes(const struct crfs_inode_uring *r)
{
	return ((__u64)sizeof(struct io_uring_sqe) << !!(r->flags & IORING_SETUP_SQE128)) * r->sq_entries;
}

#endif
