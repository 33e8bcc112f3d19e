/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of taking a snapshot, between the files that make them. */
#ifndef CRFS_READ_H
#define CRFS_READ_H

#include "snap.h"

/** snap_take() - fill s->tree; runs in a thread of its own, which then exits (stop.h) */
int snap_take(struct snap *s);

/** snap_kmem_close() - nobody looks into the kernel's memory any more */
void snap_kmem_close(struct snap *s);

/** snap_emit() - have @r read @obj and put the text into @dir under the room's name */
int snap_emit(struct snap *s, const struct resource *r, void *obj, struct node *dir);

/** snap_plan() - name the tasks whose relations no restore can make again (snap_plan.c). Return: 0 or a negative errno */
int snap_plan(struct snap *s);

/** files_emit() - files/<id> and inodes/<id>/ of all that was met (snap_files.c) */
int files_emit(struct snap *s);

#endif
