/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Status: what status.c (reading) and status_put.c (putting back) share. */
#ifndef CRFS_TASK_STATUS_H
#define CRFS_TASK_STATUS_H

#include "resource.h"

/** status_put() - comm and personality; relatives are made with the tasks themselves (spawn.c) */
int status_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

/** status_pid_seen_by() - @t's pid as @of sees it: the number at the level of @of's own, innermost one */
pid_t status_pid_seen_by(const struct task *t, const struct task *of);

#endif
