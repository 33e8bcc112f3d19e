// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who makes tasks and who is made take turns, by way of the controller. On one processor that takes a
 * fraction of what it takes to wake one another across two, in a virtual machine by way of its host.
 *
 * Where there is much memory to be put back that is done side by side instead. Threads stay until they
 * have played, and leave by their own sched_setaffinity(2); all others when all have been made.
 */
#include <sched.h>
#include <stdlib.h>

#include "run.h"

#define MUCH (128 << 10)	/* bytes of memory a task, on average */

static off_t memory_of(struct image *im)
{
	struct node *n, *top;
	off_t bytes = 0;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		top = im->objs[IOBJ_MM][i].node;
		for (n = top; n; n = tree_next(n, top))
			if (n->kind == NODE_PAYLOAD)
				bytes += n->size;
	}
	return bytes;
}

static void stay(struct run *r)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(r->cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

void together_begin(struct run *r)
{
	int cpu = sched_getcpu();

	r->together = r->plan->nr_order > 1 && cpu >= 0 && cpu < CPU_SETSIZE &&
		      memory_of(r->rs.im) / (off_t)r->plan->nr_order < MUCH &&
		      !sched_getaffinity(0, sizeof(r->cpus), &r->cpus) && CPU_COUNT(&r->cpus) > 1;
	r->cpu = cpu;
	if (r->together)
		stay(r);
}

/* Its own tape says where it may be. */
static bool stays(const struct rtask *rt)
{
	return rt->o && !rt->helper && !rt->zombie && rt->leader != rt && rt->files != rt;
}

void together_end(struct run *r, bool played)
{
	struct rtask *rt;
	size_t i;

	if (!r->together)
		return;
	sched_setaffinity(0, sizeof(r->cpus), &r->cpus);
	for (i = 0; i < r->plan->nr_order && !played; i++) {
		rt = r->plan->order[i];
		rt->bound = stays(rt);
		if (rt->pid > 0 && !rt->bound)
			sched_setaffinity(rt->pid, sizeof(r->cpus), &r->cpus);
	}
}

void together_again(struct run *r)
{
	if (r->together)
		stay(r);
}
