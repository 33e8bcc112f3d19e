/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/mountinfo.h>
#include <crfs/str.h>

#include "pool.h"

/**
 * mounts_read() - of process "@pid" ("thread-self": ours; "42": a container's, crfs's mounts left out)
 * Return: 0 or a negative errno
 */
int mounts_read(int proc, const char *pid, struct pool *pool, struct crfs_mnts *m);

/** mounts_flags() - MS_* of an options field, and what else it says as malloc'ed text ("" if nothing) */
unsigned long mounts_flags(const struct crfs_str *options, char **rest);

#endif
