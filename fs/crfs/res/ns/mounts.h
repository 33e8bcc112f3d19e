/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/mountinfo.h>
#include <crfs/str.h>

/**
 * mounts_read() - the mounts that a task sees
 * @s: the snapshot
 * @t: the task, whose list has no mounts of crfs; NULL: the reader, with these
 * @root: what to see them from instead of @t's own root; NULL: from that
 * @m: they
 *
 * Return: 0; -EXDEV: @root is of no use here; or another negative errno
 */
int mounts_read(struct snap *s, struct ctask *t, const struct path *root, struct crfs_mnts *m);

/* mounts_show() - does mountinfo of process @pid, as the mounter has it, have the text @name in it? */
bool mounts_show(struct snap *s, pid_t pid, const char *name);

/* layers_seen() - are the directories that overlay @c is made of where its options say, in mount namespace @ns? */
bool layers_seen(struct snap *s, u32 ns, const struct crfs_mount *c);

#endif
