/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A restore under way, between the files that carry it out; all in the controller. */
#ifndef CRFS_RUN_H
#define CRFS_RUN_H

#include <sched.h>

#include "arena.h"
#include "park.h"
#include "spawn.h"

#define RUN_WINDOW 64	/* tasks that play their second part at a time: that much arena is in use */

/**
 * struct run - the controller's all
 * @rs: what rooms see of it
 * @plan: whom to make, and how
 * @early: tasks join the cgroup at birth; else it is frozen, and they join last
 * @together, @cpu: they are made on that processor
 * @cpus: where the controller may be otherwise
 */
struct run {
	struct restore rs;
	struct plan *plan;
	struct arena arena;
	struct err err;
	bool early, together;
	cpu_set_t cpus;
	int cpu;
};

/**
 * together_begin() - have the tasks made on one processor with their controller (together.c)
 * together_end() - they are made, or @played: all but threads may go where they like, and we
 * together_again() - to where the threads are
 */
void together_begin(struct run *r);
void together_end(struct run *r, bool played);
void together_again(struct run *r);

/** run_path() - "tasks/42", also of helpers */
const char *run_path(const struct rtask *rt, char buf[64]);

/** run_fail() - why @rt's tape did not come to its stop */
int run_fail(struct run *r, struct rtask *rt, const struct park *p);

/** tape_begin() - empty the tape of @rt; tape_finish() - its end, where run_play() stops */
struct tape *tape_begin(struct rtask *rt);
int tape_finish(struct run *r, struct rtask *rt);
/** tape_close_others() - all that it was born with but ctl_fd */
void tape_close_others(struct run *r, struct tape *t);

/* What a tape does (spawn_tape.c). Each empties the task's tape first; the task must be stopped. */
int tape_birth(struct run *r, struct rtask *rt);
int tape_regroup(struct run *r, struct rtask *rt);
int tape_reap(struct run *r, struct rtask *rt);
int tape_zombie(struct run *r, struct rtask *rt);
int tape_exit(struct run *r, struct rtask *rt);
int tape_second(struct run *r, struct rtask *rt);
int tape_last(struct run *r, struct rtask *rt);

/** tape_room() - address space that the tape of @rt may need, in bytes */
size_t tape_room(const struct run *r, const struct rtask *rt);

/** run_start() - let @rt play its tape; run_wait() - until its stop */
int run_start(struct run *r, struct rtask *rt);
int run_wait(struct run *r, struct rtask *rt);
/** run_play() - both */
int run_play(struct run *r, struct rtask *rt);
/** run_rewind() - let it begin its tape whenever it goes on; run_start() does that */
int run_rewind(struct run *r, struct rtask *rt);

/** spawn_joins_early() - may tasks join their cgroups at birth? (spawn_cgroup.c) */
bool spawn_joins_early(const struct image *im);
/** spawn_join_born() - a newborn process joins, if so; spawn_join_last() - whoever has not yet */
int spawn_join_born(struct run *r, const struct rtask *rt);
int spawn_join_last(struct run *r);

/** make_before() - what there is before tasks are: roots, namespaces, inodes, address spaces (make.c) */
int make_before(struct run *r);
/** make_files() - open files, with all tasks born; @late: those on what is mounted by then, or that need others */
int make_files(struct run *r, bool late);
/** make_join() - what two of them have in common */
int make_join(struct run *r);
/** make_finish() - what rooms do last, when every task has what it has */
int make_finish(struct run *r);

/** spawn_all() - make every task, each with its address space (spawn.c) */
int spawn_all(struct run *r);
/** spawn_settle() - groups, the end of helpers and zombies, stops (spawn_settle.c) */
int spawn_settle(struct run *r);
/** play_all() - the second part of all tapes (play.c) */
int play_all(struct run *r);
/** release_prepare() - registers, so that all that is left to do is to let go (release.c) */
int release_prepare(struct run *r);
/** release_all() - let go of everyone: the point of no return */
void release_all(struct run *r);
/** release_stopped() - have those that shall be stopped come to their stop? */
bool release_stopped(struct run *r);
/** spawn_kill() - end whatever was made, and wait for that (spawn_kill.c) */
void spawn_kill(struct run *r);

#endif
