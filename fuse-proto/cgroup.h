/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cgroup: who is in it, is it frozen, freeze and thaw; v2 wherever it is mounted, or the v1 freezer. */
#ifndef CRFS_CGROUP_H
#define CRFS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

enum cgroup_state { CGROUP_EMPTY, CGROUP_RUNNING, CGROUP_FREEZING, CGROUP_FROZEN };

/**
 * struct cgroup - an open cgroup
 * @dir: its directory, O_PATH|O_DIRECTORY
 * @path: as the user named it, absolute
 * @inner: its path inside the hierarchy ("/web")
 * @v1: a v1 freezer cgroup, not v2
 */
struct cgroup {
	int dir;
	char *path;
	char *inner;
	bool v1;
};

/**
 * cgroup_open() - open @path, make it if @make and it does not exist
 * Refuses a directory that is on no cgroup v2 and no v1 freezer hierarchy (-EINVAL), and the root
 * of a hierarchy (-EINVAL).
 */
int cgroup_open(const char *path, bool make, struct cgroup *cg, struct err *e);
void cgroup_close(struct cgroup *cg);

/** cgroup_state() - what the cgroup decides: see the table in crfs.txt, "Life of a mount" */
int cgroup_state(const struct cgroup *cg, enum cgroup_state *state, struct err *e);

/**
 * cgroup_tids() - every thread in the subtree, by tid, as the caller's pid namespace has them
 * @tids: malloc'ed array, @n: its length
 * Zombies are not in a cgroup's lists: see task.c, which finds them through their parents.
 */
int cgroup_tids(const struct cgroup *cg, pid_t **tids, size_t *n, struct err *e);

/** cgroup_has() - is process @pid in the subtree? */
bool cgroup_has(const struct cgroup *cg, pid_t pid);

/** cgroup_freeze() - write cgroup.freeze (v1: freezer.state) and, with @wait_ms, wait until it holds */
int cgroup_freeze(const struct cgroup *cg, bool freeze, int wait_ms, struct err *e);

/** cgroup_wants_frozen() - has the user asked for it (cgroup.freeze is 1 here or above)? */
bool cgroup_wants_frozen(const struct cgroup *cg);

/** cgroup_join() - move process @pid (0: the caller) in */
int cgroup_join(const struct cgroup *cg, pid_t pid, struct err *e);

/**
 * cgroup_hold() - keep others who look at the cgroup from taking our thaw for the user's
 * @write: we are about to thaw it for a moment; else wait until nobody is
 * Return: a descriptor that holds the lock, to be closed, or a negative errno: then nothing is held
 */
int cgroup_hold(const struct cgroup *cg, bool write);

/** cgroup_refuse_own() - fail if it holds us, or whoever waits for us */
int cgroup_refuse_own(const struct cgroup *cg, struct err *e);

/**
 * cgroup_watch() - a descriptor that polls POLLPRI when frozen or populated changes
 * Re-arm it by reading from offset 0 (cgroup.events). v1 has none: -EOPNOTSUPP, then poll by time.
 */
int cgroup_watch(const struct cgroup *cg);

/**
 * struct guard - a small child that freezes the cgroup again when its maker dies
 * For whoever thaws, for a moment, what the user froze.
 */
struct guard {
	int fd;
	pid_t pid;
};
int guard_start(const struct cgroup *cg, struct guard *g, struct err *e);
void guard_stop(struct guard *g);

#endif
