/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* /proc/<pid>/mountinfo, and the order that the tree has its mounts in. */
#ifndef CRFS_MOUNTINFO_H
#define CRFS_MOUNTINFO_H

#include <crfs/res/ns/mnt.h>

/**
 * struct crfs_mnt - a mount as the kernel has it
 * @c: as the tree has it; mountinfo's numbers of mount, parent and peer groups are below
 * @dev: "8:1"
 * @unbindable: and so not shared
 * @top: its parent is not in the list
 * @inside: of cgroup2, its root is told from the cgroup namespace of the container
 * @foreign: a proc of a pid namespace that is neither the container's nor the mounter's
 * @next: while they are brought into order, where its next child stands
 */
struct crfs_mnt {
	struct crfs_mount c;
	const char *dev;
	unsigned int id, parent, shared, master;
	bool unbindable, top, inside, foreign;
	size_t next;
};

/** struct crfs_mnts - in the tree's order: parents first, children by mount point; c.id and c.parent are set */
struct crfs_mnts {
	struct crfs_mnt *v;
	size_t nr;
};

/** crfs_mountinfo_lines() - how many mounts @text has at most */
size_t crfs_mountinfo_lines(const char *text);

/**
 * crfs_mountinfo_parse() - the lines of /proc/<pid>/mountinfo, proc(5), in the kernel's order
 * @text: NUL-terminated; the strings of @m point into it, and NULs are written to it
 * @ours: mounts of crfs, which a container copied with its first namespace, count as well
 * @m: @m->v has room for as many as there are lines; @m->nr is set
 *
 * A line that is none of mountinfo's is passed over.
 */
void crfs_mountinfo_parse(char *text, bool ours, struct crfs_mnts *m);

/**
 * crfs_mountinfo_arrange() - the same in an order that does not depend on when things were mounted
 * @from: what crfs_mountinfo_parse() gave; is sorted
 * @to: @to->v has room for as many; @to->nr is set
 *
 * The kernel lists mounts by their age (by unique number since 6.8). Here they stand parents first, the children of
 * one by their mount points; two at the same point of one parent by age. Takes n log n steps for n mounts.
 */
void crfs_mountinfo_arrange(struct crfs_mnts *from, struct crfs_mnts *to);

/** crfs_mnt_covered() - is there another mount over @x of @m, or over a directory above? */
bool crfs_mnt_covered(const struct crfs_mnts *m, const struct crfs_mnt *x);

/** crfs_mnt_gone() - does it show what has no name any more? mountinfo's root ends in //deleted then */
bool crfs_mnt_gone(const struct crfs_mount *c);

/** crfs_mnt_nsfs() - does it show a namespace that the mounter's mounts do not? */
bool crfs_mnt_nsfs(const struct crfs_mount *c);

/**
 * crfs_mnt_ns() - the kind of the namespace that a mount shows
 * @p: @len bytes: "net:[4026532281]" as the kernel has it, or "net-2" as the tree has it
 * @behind: what follows the kind: ":[" or "-"
 * @end: what is behind that; the number
 *
 * Return: "net", or another kind that can be carried as a mount; NULL: it is none
 */
const char *crfs_mnt_ns(const char *p, size_t len, const char *behind, const char **end);

#endif
