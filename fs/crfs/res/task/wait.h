/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits that the kernel has restarted: what task/wait knows of them, for task/regs. */
#ifndef CRFS_TASK_WAIT_H
#define CRFS_TASK_WAIT_H

struct ctask;

/** wait_call() - which call goes on from the restart block that @t has left; -1: none, or none that is known */
long wait_call(const struct ctask *t);

#endif
