// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between the parts of the tapes, when all tasks exist: process groups, the end of helpers and
 * zombies, and stops. Signals that parents get from this are taken out again in the second part.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "proc.h"
#include "run.h"

#define ZOMBIE_WAIT_MS 10000

static int regroup(struct run *r, bool late)
{
	struct rtask *rt;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr_order && !rc; i++) {
		rt = r->plan->order[i];
		if (!rt->birth->regroup || rt->birth->late != late)
			continue;
		rc = tape_regroup(r, rt);
		if (!rc)
			rc = run_play(r, rt);
	}
	return rc;
}

/* Its last steps are its own: with PTRACE_O_EXITKILL it would take its threads along. */
static int let_exit(struct run *r, struct rtask *rt)
{
	int rc = tape_exit(r, rt);
	char path[64];

	if (!rc)
		rc = run_rewind(r, rt);
	if (!rc && ptrace(PTRACE_DETACH, rt->pid, 0, 0))
		rc = fail_on(&r->err, -errno, run_path(rt, path), "PTRACE_DETACH");
	if (!rc)
		rt->birth->done = true;
	return rc;
}

static bool is_zombie(struct run *r, pid_t pid)
{
	char *stat = proc_read(r->rs.proc, NULL, "%d/stat", pid);
	const char *p = stat ? strrchr(stat, ')') : NULL;
	bool z = !p || (p[1] && (p[2] == 'Z' || p[2] == 'X'));

	free(stat);
	return z;
}

static int wait_zombie(struct run *r, struct rtask *rt)
{
	struct timespec nap = { .tv_nsec = 50000 };
	char path[64];
	int i;

	for (i = 0; i < ZOMBIE_WAIT_MS * 20; i++) {
		if (is_zombie(r, rt->pid))
			return 0;
		nanosleep(&nap, NULL);
	}
	return fail_on(&r->err, -ETIMEDOUT, run_path(rt, path), "exiting again: try again");
}

/* A helper's children are orphaned now, and find to their parents. */
static int end_helpers(struct run *r)
{
	struct rtask *rt;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr_order && !rc; i++)
		if (r->plan->order[i]->helper)
			rc = let_exit(r, r->plan->order[i]);
	for (i = 0; i < r->plan->nr_order && !rc; i++) {
		rt = r->plan->order[i];
		if (!rt->birth->helpers)
			continue;
		rc = tape_reap(r, rt);
		if (!rc)
			rc = run_play(r, rt);
	}
	for (rt = r->plan->first; rt && !rc; rt = rt->birth->next)
		if (rt->helper && waitpid(rt->pid, NULL, __WALL) < 0)
			rc = fail(&r->err, -errno, "waiting for a helper");
	return rc;
}

static int end_zombies(struct run *r)
{
	struct rtask *rt;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr_order && !rc; i++) {
		rt = r->plan->order[i];
		if (!rt->zombie)
			continue;
		rc = tape_zombie(r, rt);
		if (!rc)
			rc = run_play(r, rt);
		if (!rc)
			rc = let_exit(r, rt);
	}
	for (i = 0; i < r->plan->nr_order && !rc; i++)
		if (r->plan->order[i]->zombie)
			rc = wait_zombie(r, r->plan->order[i]);
	return rc;
}

static int set_mask(pid_t pid, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, pid, (void *)sizeof(mask), &mask) ? -errno : 0;
}

static int wait_group(pid_t pid)
{
	struct park p;
	int rc;

	for (;;) {
		rc = park_wait(pid, &p);
		if (rc || p.kind == PARK_GROUP)
			return rc;
		if (p.kind != PARK_TRAP)
			return -ESRCH;
		rc = park_cont(pid, 0);
		if (rc)
			return rc;
	}
}

/*
 * A group stop holds from here on; that its tasks play their tapes under ptrace does not end it, and
 * when they are let go they stop by themselves (kernel/ptrace.c, __ptrace_unlink()). The parent is
 * not told: the controller's SA_NOCLDSTOP is inherited by all.
 */
static int stop_group(struct run *r, struct rtask *rt)
{
	struct rtask *first = rt, *t;
	struct park p;
	char path[64];
	int sig, rc;

	while (first->zombie)
		first = first->next_thread;
	sig = first->birth->st->state == CRFS_TASK_STOPPED ? first->birth->st->stop_signal ?: SIGSTOP : SIGSTOP;
	rc = set_mask(first->pid, ~(1ULL << (sig - 1)));
	/* A signal is injected at the delivery of another; threads have not come to one yet. */
	if (!rc && first != rt) {
		rc = tgkill(rt->pid, first->pid, sig) ? -errno : park_cont(first->pid, 0);
		if (!rc)
			rc = park_wait(first->pid, &p);
		if (!rc && p.kind != PARK_SIGNAL)
			rc = -ESRCH;
	}
	if (!rc)
		rc = park_cont(first->pid, sig);
	if (!rc)
		rc = wait_group(first->pid);
	if (!rc)
		rc = set_mask(first->pid, ~(1ULL << (SPAWN_STOP - 1)));
	for (t = first->next_thread; t && !rc; t = t->next_thread) {
		if (t->zombie)
			continue;
		rc = park_cont(t->pid, 0);
		if (!rc)
			rc = wait_group(t->pid);
	}
	return rc ? fail_on(&r->err, rc, run_path(rt, path), "stopping it again") : 0;
}

/* The parent has not waited for that it goes on again. SIGCONT itself comes to nothing: it is held back here. */
static int continue_group(struct run *r, struct rtask *rt)
{
	struct rtask *first = rt;
	struct park p;
	char path[64];
	int rc;

	while (first->zombie)
		first = first->next_thread;
	rc = set_mask(first->pid, ~(1ULL << (SIGCONT - 1) | 1ULL << (SPAWN_STOP - 1)));
	if (!rc && kill(rt->pid, SIGCONT))
		rc = -errno;
	do {
		if (!rc)
			rc = park_cont(first->pid, 0);
		if (!rc)
			rc = park_wait(first->pid, &p);
	} while (!rc && p.kind == PARK_TRAP);
	if (!rc && (p.kind != PARK_SIGNAL || p.sig != SIGCONT))
		rc = -ESRCH;
	if (!rc)
		rc = set_mask(first->pid, ~(1ULL << (SPAWN_STOP - 1)));
	return rc ? fail_on(&r->err, rc, run_path(rt, path), "continuing it again") : 0;
}

static int stop_groups(struct run *r)
{
	struct rtask *rt, *t;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr && !rc; i++) {
		rt = &r->plan->tasks[i];
		if (rt->leader == rt && rt->birth->st->stop_signal == SIGCONT) {
			rc = stop_group(r, rt);
			if (!rc)
				rc = continue_group(r, rt);
			continue;
		}
		for (t = rt; rt->leader == rt && t; t = t->next_thread) {
			if (t->birth->st->state == CRFS_TASK_STOPPED) {
				rc = stop_group(r, rt);
				break;
			}
		}
	}
	return rc;
}

int spawn_settle(struct run *r)
{
	int rc = regroup(r, false);

	if (!rc)
		rc = regroup(r, true);
	if (!rc)
		rc = end_helpers(r);
	if (!rc)
		rc = end_zombies(r);
	return rc ?: stop_groups(r);
}
