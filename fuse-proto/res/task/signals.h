/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other rooms want to know of a thread's signals. */
#ifndef CRFS_TASK_SIGNALS_H
#define CRFS_TASK_SIGNALS_H

#include "snap.h"

/**
 * signals_came() - which came between the look into the queues and the tape
 * A timer that fired in between is seen neither in the queue nor as armed.
 */
uint64_t signals_came(const struct task *t);

#endif
