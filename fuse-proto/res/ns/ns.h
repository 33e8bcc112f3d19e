/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces of a container: which there are, their numbers in the tree, and their rooms. */
#ifndef CRFS_NS_H
#define CRFS_NS_H

#include "resource.h"

/**
 * struct ns - a namespace that is not the mounter's
 * @id: its number in the tree, unique over all types
 * @kind: "pid", "mnt" ...
 * @room: its room
 * @ino: what identifies it
 * @task: the first task in it, by tid; NULL: there is none, and @fd is a descriptor of it (held.c)
 * @leaked: that somebody outside is in it, too, has been named
 */
struct ns {
	unsigned int id;
	const char *kind;
	const struct resource *room;
	uint64_t ino;
	struct task *task;
	int fd;
	bool leaked;
	struct ns *next;
};

/**
 * ns_emit() - find the namespaces of all tasks and write ns/<type>-<id> for each
 * Names those that cannot be carried. Before tasks' status is written: that asks for ns_id().
 * Return: 0 or a negative errno
 */
int ns_emit(struct snap *s);

/** ns_id() - number of @t's namespace of @type ("pid", "mnt", "uts"); 0: the mounter's own */
unsigned int ns_id(struct snap *s, struct task *t, const char *type);

/** ns_children() - number of the pid namespace that @t's children go to; 0: its own */
unsigned int ns_children(const struct task *t);

/** ns_by_ino() - the namespace of this kind and inode number met by ns_emit(), or NULL */
struct ns *ns_by_ino(struct snap *s, const char *kind, uint64_t ino);

/**
 * ns_cgroup_root() - the root of cgroup namespace @id as a path in the hierarchy ("/web/a", "" for its top)
 * Return: 0, -ENOENT if no task in it is below its root, or another negative errno
 */
int ns_cgroup_root(struct snap *s, unsigned int id, char **root);

/** ns_open() - a descriptor of it, for the caller to close, or a negative errno */
int ns_open(const struct snap *s, const struct ns *n);

/** ns_told() - what ns_first() is to give, instead of ns_emit(); s->tasks has one. Return: 0 or a negative errno */
int ns_told(struct snap *s, struct ns *first);
/** ns_own() - what identifies the mounter's namespace of this kind */
uint64_t ns_own(struct snap *s, const char *kind);
/** ns_first() - the first of those that ns_emit() has met */
struct ns *ns_first(struct snap *s);
/** ns_ino() - the number of the link @name in /proc/<pid>/ns, open at @dir; 0: none */
uint64_t ns_ino(int dir, const char *name);
/** ns_leaks() - name those of the list @first that a process outside is in, too (leaks.c) */
void ns_leaks(struct snap *s, struct ns *first);

/** time_ahead() - what the clock @clock of @rt shows more than ours, in ns (time.c) */
int64_t time_ahead(const struct restore *rs, const struct rtask *rt, clockid_t clock);

/**
 * ns_mnt_finish() - when all tasks exist: the mounts that show them, and which mounts are peers
 * Return: 0 or a negative errno
 */
int ns_mnt_finish(struct restore *rs);

/** ns_mnt_root() - the root of mount namespace @id, a descriptor, or a negative errno */
int ns_mnt_root(const struct restore *rs, unsigned int id);

/** ns_mnt_later() - is @path of mount namespace @id below one of these? */
bool ns_mnt_later(const struct restore *rs, unsigned int id, const struct crfs_str *path);

#endif
