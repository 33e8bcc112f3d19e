/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for one traced task to stop, and what the stop means. */
#ifndef CRFS_PARK_H
#define CRFS_PARK_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "err.h"

/**
 * enum park_kind - why a task stopped
 * @PARK_NEW: it made another, park.child
 * @PARK_SYSCALL: entering or leaving a system call
 * @PARK_TRAP: as PTRACE_INTERRUPT asked, or at its birth
 * @PARK_GROUP: a group stop, park.sig
 * @PARK_SIGNAL: park.sig is being delivered; a tape's stop is one
 * @PARK_DEAD: it is gone, park.status
 */
enum park_kind {
	PARK_NEW,
	PARK_SYSCALL,
	PARK_TRAP,
	PARK_GROUP,
	PARK_SIGNAL,
	PARK_DEAD,
};

struct park {
	enum park_kind kind;
	int sig;
	int status;
	pid_t child;
};

/**
 * park_wait() - wait until @pid stops or ends
 * One task and not any: wait4(-1) takes time proportional to all that are traced.
 * Return: 0 or a negative errno
 */
int park_wait(pid_t pid, struct park *p);

int park_cont(pid_t pid, int sig);

/**
 * park_call() - let a task, stopped in a signal's delivery, run one system call, and stop it behind it
 * @at: address of a system call instruction; what follows it is never run
 * @regs: number and arguments; the result is in rax after
 * It is then stopped where the kernel looks for signals, so that registers set there may hold a call
 * to be restarted.
 */
int park_call(pid_t pid, uint64_t at, struct user_regs_struct *regs);

/** park_name() - what happened to it, for a message */
const char *park_name(const struct park *p, char *buf, size_t size);

#endif
