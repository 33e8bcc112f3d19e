/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the controller of a restore is while it makes things, and how tasks get elsewhere. */
#ifndef CRFS_NS_HOME_H
#define CRFS_NS_HOME_H

#include "image.h"

/* The kinds of which each task has one by itself, in the order in which they are entered. */
enum home_kind { HOME_UTS, HOME_IPC, HOME_NET, HOME_CGROUP, HOME_MNT, NR_HOME };

/** home_kind() - of a room, or -1; home_name() - as in /proc/<pid>/ns; home_flag() - CLONE_NEW* */
int home_kind(const struct resource *room);
const char *home_name(int kind);
int home_flag(int kind);

/** home_id() - ns/<kind>-<id> that a task with this status is in; 0: that of whoever mounts */
unsigned int home_id(const struct crfs_task_status *st, int kind);
/**
 * home_of() - in which the controller stays: that of the container's first task, but cgroup: it
 * moves tasks into cgroups, as the mounter sees them
 */
unsigned int home_of(const struct image *im, int kind);

/** home_begin() - remember where we come from; before any is made */
int home_begin(struct restore *rs);
/** home_made() - @o has been made, and we are in it: keep it, and go home if that is elsewhere */
int home_made(struct restore *rs, struct iobj *o);
/** home_enter() - go into ns/<kind>-<id>, 0: where we come from. Return: 0 or a negative errno */
int home_enter(struct restore *rs, int kind, unsigned int id);

/** home_put() - on the tape of @rt, newborn: into its namespaces, from those of who made it */
void home_put(struct restore *rs, struct rtask *rt, struct tape *t);
/** home_moves() - is there anything to do for that? */
bool home_moves(const struct restore *rs, const struct rtask *rt);

#endif
