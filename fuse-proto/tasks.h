/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is in the container: threads and zombies, their relatives, and what they share. */
#ifndef CRFS_TASKS_H
#define CRFS_TASKS_H

#include "snap.h"

/** tasks_list() - fill s->tasks, sorted by the tid that the tree shows (tasks.c) */
int tasks_list(struct snap *s);

/** tasks_share() - find out who shares mm, files, fs and signal handlers; fills s->mms (share.c) */
int tasks_share(struct snap *s);

/** outside_list() - fill s->outside (outside.c) */
int outside_list(struct snap *s);

#endif
