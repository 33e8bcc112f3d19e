/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a namespace, from /proc/<pid>/mountinfo, in the order of the tree. */
#ifndef CRFS_NS_MOUNTS_H
#define CRFS_NS_MOUNTS_H

#include <crfs/mountinfo.h>
#include <crfs/str.h>

#include "internal.h"

/** struct mntns - a mount namespace of the container, being read; @t: who told it; NULL: nobody can */
struct mntns {
	struct cns *ns;
	struct ctask *t;
	struct crfs_mnts m;
};

/** struct mntall - all of them, and the mounter's own mounts */
struct mntall {
	struct mntns *v;
	size_t nr;
	struct crfs_mnts own;
};

/* mnt_find() - what is at a path of the tree in namespace @ns; with a reference */
bool mnt_find(struct snap *s, u32 ns, const struct crfs_str *path, struct path *at);

/* mnt_is_dev() - is @dev "MAJOR:MINOR" of @sb, as mountinfo has it? */
bool mnt_is_dev(const struct super_block *sb, const char *dev);

/* mnt_nsfs_name() - of a mount that shows a namespace: its root becomes that one's name. Return: is it one that can be? */
bool mnt_nsfs_name(struct snap *s, const struct mntns *n, struct crfs_mount *c);

/* mnt_other_queues() - an mqueue of another IPC namespace than that of the first task in this namespace? (mnt_other.c) */
bool mnt_other_queues(struct snap *s, const struct mntns *n, const struct crfs_mnt *m);
/* mnt_other_net() - a sysfs of another network than that of the first task in this namespace? */
bool mnt_other_net(struct snap *s, const struct mntns *n, const struct crfs_mnt *m);

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
