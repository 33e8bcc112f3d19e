/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/res/ns/mnt.h>

#include "pool.h"

/**
 * struct mount - a mount as the kernel has it
 * @c: as the tree has it; mountinfo's numbers of mount, parent and peer groups are below
 * @dev: "8:1"
 * @inside: of cgroup2, its root is told from the cgroup namespace of the container
 * @foreign: a proc of a pid namespace that is neither the container's nor ours
 */
struct mount {
	struct crfs_mount c;
	const char *dev;
	unsigned int id, parent, shared, master;
	bool unbindable, inside, foreign;
};

/** struct mounts - sorted: parents first, children by mount point; c.id and c.parent are set */
struct mounts {
	struct mount *v;
	size_t nr;
};

/**
 * mounts_read() - of process "@pid" ("thread-self": ours; "42": a container's, crfs's mounts left out)
 * Return: 0 or a negative errno
 */
int mounts_read(int proc, const char *pid, struct pool *pool, struct mounts *m);

/** mounts_flags() - MS_* of an options field, and what else it says as malloc'ed text ("" if nothing) */
unsigned long mounts_flags(const struct crfs_str *options, char **rest);

/** str_eq() - are two strings of the tree the same? */
bool str_eq(const struct crfs_str *a, const struct crfs_str *b);
/** str_is() - is it @text? */
bool str_is(const struct crfs_str *a, const char *text);

#endif
