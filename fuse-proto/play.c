// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second part of all tapes: everything that a task has beside its memory.
 *
 * Owners of descriptor tables play first, since a thread that opens a file for a moment would
 * otherwise take a number that is to be given. A window of tasks plays at a time; behind it the
 * arena's memory is given back, so that many tasks need no more than few.
 */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <crfs/res/task/attrs.h>
#include <crfs/res/task/signals.h>

#include "resource.h"
#include "run.h"

/*
 * The kernel clears rseq_cs when a task runs outside the critical section, as it does while it plays,
 * and also when rseq is registered (kernel/rseq.c): remember it as memory was put back.
 */
static void remember_rseq(struct rtask *rt)
{
	const struct crfs_attrs *a = image_rec(rt->o, resource_find(PER_THREAD, "attrs", 5), 0);
	struct birth *b = rt->birth;
	struct iovec here = { &b->rseq_cs, 8 }, there;

	if (!a || !a->rseq)
		return;
	b->rseq = a->rseq + 8;
	there = (struct iovec){ (void *)b->rseq, 8 };
	if (process_vm_readv(rt->pid, &here, 1, &there, 1, 0) != 8)
		b->rseq_cs = 0;
}

static uint64_t pending(const struct rtask *rt)
{
	const struct crfs_siginfo *q;
	uint64_t set = 0;
	size_t n, i;

	q = image_recs(rt->o, resource_find(PER_THREAD, "signals", 7), 1, &n);
	for (i = 0; i < n; i++)
		set |= 1ULL << ((q[i].signal - 1) & 63);
	if (rt->leader != rt)
		return set;
	q = image_recs(rt->o, resource_find(PER_PROCESS, "sigpending", 10), 0, &n);
	for (i = 0; i < n; i++)
		set |= 1ULL << ((q[i].signal - 1) & 63);
	return set;
}

/* A process that has SIGSTKFLT pending needs another signal to stop with, before that is queued. */
static int other_stop(struct run *r, struct rtask *leader)
{
	uint64_t had = 0, mask;
	char path[64];
	struct rtask *t;
	int sig = SPAWN_STOP;

	for (t = leader; t; t = t->next_thread)
		had |= t->zombie ? 0 : pending(t);
	if (!(had >> (sig - 1) & 1))
		return 0;
	/* Down to those that libc keeps for itself. */
	for (sig = 64; sig > 32 && had >> (sig - 1) & 1; sig--)
		;
	mask = ~(1ULL << (sig - 1));
	for (t = leader; t; t = t->next_thread) {
		t->birth->stop = sig;
		if (!t->zombie && ptrace(PTRACE_SETSIGMASK, t->pid, (void *)sizeof(mask), &mask))
			return fail_on(&r->err, -errno, run_path(t, path), "PTRACE_SETSIGMASK");
	}
	return 0;
}

static int start(struct run *r, struct rtask *rt)
{
	int rc;

	remember_rseq(rt);
	rc = tape_second(r, rt);
	return rc ?: run_start(r, rt);
}

static int finish(struct run *r, struct rtask *rt, struct rtask **batch, unsigned int *n)
{
	int rc = run_wait(r, rt);

	if (rc)
		return rc;
	tape_free(&rt->birth->tape);
	if (!*n)
		*batch = rt;
	if (++*n == RUN_WINDOW) {
		arena_empty(&r->arena, (*batch)->birth->slot.at,
			    rt->birth->slot.at + rt->birth->slot.size);
		*n = 0;
	}
	return 0;
}

static bool in_pass(const struct rtask *rt, bool owners)
{
	return !rt->helper && !rt->zombie && (rt->files == rt) == owners;
}

/* The next of @pass from *@i on, or NULL */
static struct rtask *next(const struct plan *p, size_t *i, bool owners)
{
	while (*i < p->nr_order && !in_pass(p->order[*i], owners))
		++*i;
	return *i < p->nr_order ? p->order[(*i)++] : NULL;
}

static int pass(struct run *r, bool owners)
{
	size_t ahead = 0, behind = 0, playing = 0;
	struct rtask *rt, *batch = NULL;
	unsigned int n = 0;
	int rc = 0;

	while (!rc) {
		rt = playing < RUN_WINDOW ? next(r->plan, &ahead, owners) : NULL;
		if (rt) {
			rc = start(r, rt);
			playing++;
			continue;
		}
		if (!playing)
			break;
		rc = finish(r, next(r->plan, &behind, owners), &batch, &n);
		playing--;
	}
	return rc;
}

int play_all(struct run *r)
{
	struct rtask *rt;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr && !rc; i++)
		if (r->plan->tasks[i].leader == &r->plan->tasks[i])
			rc = other_stop(r, &r->plan->tasks[i]);
	if (!rc)
		rc = pass(r, true);
	together_again(r);
	if (!rc)
		rc = pass(r, false);
	together_end(r, true);
	for (i = 0; i < r->plan->nr && !rc; i++) {
		rt = &r->plan->tasks[i];
		if (!rt->birth->closes && !rt->birth->mm_shared)
			continue;
		rc = tape_last(r, rt);
		if (!rc)
			rc = run_play(r, rt);
	}
	return rc;
}
