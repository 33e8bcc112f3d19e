/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroups of version 1 that a task is in beside that of the container, which are lost. */
#ifndef CRFS_TASK_HIERARCHIES_H
#define CRFS_TASK_HIERARCHIES_H

#include "snap.h"

/** hierarchies_name() - name those of @t, of a frozen container, that are not the mounter's */
void hierarchies_name(struct snap *s, const struct task *t);

#endif
