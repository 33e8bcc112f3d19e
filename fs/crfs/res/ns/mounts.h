/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/mountinfo.h>
#include <crfs/str.h>

/* mounts_read() - of process "@pid" ("thread-self": the reader's own; others' without mounts of crfs) */
int mounts_read(struct snap *s, const char *pid, struct crfs_mnts *m);

#endif
