/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/res/ns/mnt.h>

/**
 * struct mnt - a mount as the kernel has it
 * @c: as the tree has it; mountinfo's numbers of mount, parent and peer groups are below
 * @dev: "8:1"
 * @inside: of cgroup2, its root is told from the cgroup namespace of the container
 * @foreign: a proc of a pid namespace that is neither the container's nor the mounter's
 */
struct mnt {
	struct crfs_mount c;
	const char *dev;
	unsigned int id, parent, shared, master;
	bool unbindable, inside, foreign;
};

/** struct mounts - sorted: parents first, children by mount point; c.id and c.parent are set */
struct mounts {
	struct mnt *v;
	size_t nr;
};

/* mounts_read() - of process "@pid" ("thread-self": the reader's own; others' without mounts of crfs) */
int mounts_read(struct snap *s, const char *pid, struct mounts *m);

static inline bool str_is(const struct crfs_str *a, const char *text)
{
	return a->len == strlen(text) && !memcmp(a->p, text, a->len);
}

#endif
