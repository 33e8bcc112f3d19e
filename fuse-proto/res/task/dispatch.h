/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syscall user dispatch: a thread that has it needs leave for its tape, and gets it last of all. */
#ifndef CRFS_TASK_DISPATCH_H
#define CRFS_TASK_DISPATCH_H

#include "resource.h"

/** struct dispatch - struct ptrace_sud_config, include/uapi/linux/ptrace.h */
struct dispatch {
	uint64_t mode, selector, offset, len;
};

/** dispatch_of() - what @t has, in the pool; NULL: none */
const struct dispatch *dispatch_of(struct snap *s, const struct task *t);

/**
 * dispatch_prctl() - on the tape: what gives a thread @d by itself
 * Return: the op
 */
struct tape_op *dispatch_prctl(const struct dispatch *d, struct tape *tape);

/**
 * dispatch_leave() - let the system calls from @code to @end of stopped @t be system calls
 * Those that were so before still are, too. Return: 0 or -errno
 */
int dispatch_leave(const struct task *t, uint64_t code, uint64_t end);

/** dispatch_back() - @t has what it had */
int dispatch_back(const struct task *t);

/** dispatch_put() - give it to a restored task, stopped, that makes no system call of ours any more */
int dispatch_put(struct rtask *rt);

#endif
