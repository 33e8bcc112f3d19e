/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<pid>/sigpending: signals queued to a process as a whole; no file if there are none. */
#ifndef CRFS_RES_TASK_SIGPENDING_H
#define CRFS_RES_TASK_SIGPENDING_H

#include <crfs/res/task/signals.h>

/* rows of struct crfs_siginfo */
static const struct crfs_shape *const crfs_sigpending_shape __attribute__((unused)) =
	&crfs_siginfo_shape;

#endif
