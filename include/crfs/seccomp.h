/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Chains of seccomp filters, as threads run behind them. */
#ifndef CRFS_SECCOMP_H
#define CRFS_SECCOMP_H

#include <linux/filter.h>

#include <crfs/res/task/seccomp.h>
#include <crfs/text.h>

/**
 * struct crfs_chain - filters in the order of their installation
 * @nr, @filters: how many, and what they are
 * @len, @insns: the instructions of all of them
 * @head: where the kernel has it; user space cannot tell
 * @owner: the task that it stands with in the tree; 0: none yet
 * @next: another one
 */
struct crfs_chain {
	size_t nr, len;
	struct crfs_seccomp_filter *filters;
	struct sock_filter *insns;
	const void *head;
	__u32 owner;
	struct crfs_chain *next;
};

/** crfs_chain_same() - do they filter the same? */
bool crfs_chain_same(const struct crfs_chain *a, const struct crfs_chain *b);

/** crfs_chain_supervised() - does one ask a supervisor (SECCOMP_RET_USER_NOTIF)? */
bool crfs_chain_supervised(const struct crfs_chain *c);

/** crfs_chain_text() - tasks/<tid>/seccomp of @rec, and of @c, which is NULL where @rec->same tells it, or in strict mode */
void crfs_chain_text(struct text *out, const struct crfs_seccomp *rec, const struct crfs_chain *c);

#endif
