/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the container's tasks: the plan of who makes whom, and its carrying out. */
#ifndef CRFS_SPAWN_H
#define CRFS_SPAWN_H

#include <signal.h>

#include <crfs/res/task/status.h>

#include "arena.h"
#include "image.h"

#define SPAWN_LEVELS 16		/* pid namespaces in each other */
/*
 * What stops a tape is a signal that it sends to itself, the only one that is not blocked. It must not
 * be SIGSTOP, which looks through all threads for a SIGCONT to take back (kernel/signal.c,
 * prepare_signal()): 10,000 threads would take seconds. The kernel never sends this one.
 */
#define SPAWN_STOP SIGSTKFLT
#define SPAWN_OUTSIDE (~0U)	/* the session and process group that the controller has */

/**
 * struct birth - how a task comes to be, and how far it is
 * @st: its status; NULL for a helper, a task that makes others possible and then exits
 * @maker: who clones it; NULL: the controller
 * @first, @last, @next: what it makes, in order; @made: the next that is not made yet
 * @flags: CLONE_* that it is made with
 * @before: its maker makes it before its own setsid()
 * @reaper: is a subreaper while tasks are made, so that orphans find to it
 * @leads: makes itself a process group leader at birth
 * @regroup: joins another process group when all are there; @late: after all others did
 * @mm_late: plays what rooms of its mm put in later phases; @mm_shared: and is not alone with it
 * @level: pid namespaces it is in, counted from the tree's outermost; @pids: its pid in each, of which it is @given the innermost ones
 * @sid, @pgid: as it shall have them, or SPAWN_OUTSIDE
 * @born_sid: the session it must be born in; 0: any
 * @born_pgid: the process group it is born in
 * @tape, @slot: what it plays, and where
 * @stop: the signal that its tapes stop with, by which nothing else is meant
 * @waited: the stop op that it is at, or going to
 * @shares: others have its descriptors
 * @closes: closes ctl_fd only when all that share its descriptors have played
 * @helpers: it makes helpers, and has to wait for them
 * @rseq, @rseq_cs: its struct rseq, and the critical section that it was in
 * @done: it has a place in the plan; later: detached or dead, with our knowledge
 */
struct birth {
	const struct crfs_task_status *st;
	struct rtask *maker, *first, *last, *next, *made;
	uint64_t flags;
	bool before, reaper, leads, regroup, late, mm_late, mm_shared;
	unsigned int level, given;
	pid_t pids[SPAWN_LEVELS];
	unsigned int sid, pgid, born_sid, born_pgid;
	struct tape tape;
	struct slot slot;
	int stop;
	uint64_t waited;
	uint64_t rseq, rseq_cs;
	bool closes, shares, helpers, done;
};

/**
 * struct host - where the helper is that begins a session whose leader is dead
 * @at: whose child it is, and who adopts the helper's children; NULL: the controller
 */
struct host {
	unsigned int sid;
	const struct rtask *at;
};

/**
 * struct plan - who makes whom
 * @tasks, @nr: the container's, by tid
 * @order, @nr_order: tasks and helpers, each behind its maker
 * @first, @last: what the controller makes
 * @helpers: how many
 * @hosts, @nr_hosts: of dead sessions
 * @level: of the controller: 0 if the tree's pids are those of a pid namespace that is made
 * @init: the first of that namespace
 */
struct plan {
	struct image *im;
	struct rtask *tasks;
	size_t nr;
	struct rtask **order;
	size_t nr_order;
	struct rtask *first, *last;
	size_t helpers;
	struct host *hosts;
	size_t nr_hosts;
	unsigned int level;
	struct rtask *init;
	unsigned int spare_pid;
};

/**
 * plan_make() - find out how all tasks can be made; what cannot be arranged is named
 * @im: references in it have been checked; its pool holds the plan
 * Return: 0 or the first error
 */
int plan_make(struct image *im, struct plan *p);

/** plan_tasks() - its first step: the tasks, their relatives, levels and tables */
int plan_tasks(struct plan *p);
/** plan_sessions() - makers, so that everyone is born in its session, sharing what it shares */
void plan_sessions(struct plan *p, struct rtask **bfs, size_t n);
/** plan_groups() - process groups; needs the order of makers */
void plan_groups(struct plan *p);

struct rtask *plan_task(const struct plan *p, unsigned int tid);
/** plan_add() - let @maker (NULL: the controller) make @rt, behind what it makes already */
void plan_add(struct plan *p, struct rtask *maker, struct rtask *rt);
/** plan_helper() - a task without a place in the tree; @pids: a list like nspid, none: any. NULL without memory */
struct rtask *plan_helper(struct plan *p, struct rtask *maker, struct crfs_str pids, unsigned int sid);
/** plan_visible() - has who is numbered by @pids, a list like nspgid, a number in each of the namespaces? */
bool plan_visible(struct crfs_str pids);
/** plan_order() - list all, makers first. Return: how many it found */
size_t plan_order(struct plan *p);

/**
 * spawn_memory() - whose memory a child gets that @rt forks; NULL: the controller's
 * Helpers run in their maker's (CLONE_VM), and a zombie-to-be has a copy of its maker's.
 */
static inline const struct iobj *spawn_memory(const struct rtask *rt)
{
	while (rt && !rt->mm)
		rt = rt->birth->maker;
	return rt ? rt->mm : NULL;
}

/** birth_setsid() - does it lead a session? */
static inline bool birth_setsid(const struct birth *b)
{
	return b->sid == (unsigned int)b->pids[0];
}

/** birth_self() - its pid as it knows itself */
static inline pid_t birth_self(const struct birth *b)
{
	return b->pids[b->level - 1];
}

#endif
