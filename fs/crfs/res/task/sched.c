// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduling of a thread: policy and its parameters, CPUs, I/O priority, timer slack, NUMA
 * policy, PR_SET_IO_FLUSHER. What is lost and refused: see fuse-proto/res/task/sched.c.
 */
#include <linux/ioprio.h>
#include <linux/iocontext.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/sched/rt.h>
#include <uapi/linux/sched/types.h>

#include <crfs/res/task/sched.h>

#include "internal.h"
#include "res/mm/mm.h"

#define DL_FLAGS (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)
#define IO_FLUSHER (PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)

static void fill_attrs(struct crfs_sched *c, const struct task_struct *t)
{
	c->policy = t->policy;
	c->nice = task_nice(t);
	if (t->sched_reset_on_fork)
		c->sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (t->policy == SCHED_DEADLINE) {
		c->priority = t->rt_priority;
		c->runtime_ns = t->dl.dl_runtime;
		c->deadline_ns = t->dl.dl_deadline;
		c->period_ns = t->dl.dl_period;
		c->sched_flags |= t->dl.flags & DL_FLAGS;
	} else if (t->policy == SCHED_FIFO || t->policy == SCHED_RR) {
		c->priority = t->rt_priority;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	} else if (t->se.custom_slice) {
		c->runtime_ns = t->se.slice;
#endif
	}
#ifdef CONFIG_UCLAMP_TASK
	c->util_min = t->uclamp_req[UCLAMP_MIN].value;
	c->util_max = t->uclamp_req[UCLAMP_MAX].value;
#endif
}

/* Who may run on every CPU that is online is not bound. */
static void fill_cpus(const struct task_struct *t, struct text *list)
{
	unsigned int cpu, n = 0;

	for_each_cpu_and(cpu, t->cpus_ptr, cpu_online_mask)
		n++;
	if (n == num_online_cpus())
		return;
	for_each_cpu_and(cpu, t->cpus_ptr, cpu_online_mask)
		text_list(list, cpu);
}

/* As ioprio_get(2) has it: what was set, not what follows from the policy. */
static void fill_ioprio(struct crfs_sched *c, struct task_struct *t)
{
	int prio = IOPRIO_DEFAULT;

	task_lock(t);
	if (t->io_context)
		prio = t->io_context->ioprio;
	task_unlock(t);
	c->ioprio_class = prio >> IOPRIO_CLASS_SHIFT;
	c->ioprio_data = prio & ((1 << IOPRIO_CLASS_SHIFT) - 1);
}

static void fill_policy(struct crfs_sched *c, struct task_struct *t, struct text *nodes)
{
#ifdef CONFIG_NUMA
	struct policy p;
	bool any;

	task_lock(t);
	any = t->mempolicy;
	if (any)
		policy_copy(t->mempolicy, &p);
	task_unlock(t);
	if (!any)
		return;
	c->mempolicy = p.mode;
	c->mempolicy_flags = p.flags;
	policy_nodes(&p, nodes);
#endif
}

static int sched_fill(struct snap *s, struct ctask *t, struct text *out)
{
	struct text cpus = { .failed = false }, nodes = { .failed = false };
	struct crfs_sched c = { .policy = 0 };

	fill_attrs(&c, t->task);
	fill_cpus(t->task, &cpus);
	fill_ioprio(&c, t->task);
	fill_policy(&c, t->task, &nodes);
	c.timer_slack_ns = t->task->timer_slack_ns;
	c.io_flusher = (t->task->flags & IO_FLUSHER) == IO_FLUSHER;
	c.cpus = text_str(&cpus);
	c.mempolicy_nodes = text_str(&nodes);
	text_section(out, &crfs_sched_shape);
	text_rec(out, &crfs_sched_shape, &c);
	text_done(&cpus, out);
	text_done(&nodes, out);
	return 0;
}

static int sched_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;

#ifdef CONFIG_SCHED_CORE
	if (t->task->core_cookie)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "a core scheduling cookie, which cannot be carried: run it without");
#endif
	return same_emit(s, t, &t->leader->sched, sched_fill, out);
}

const struct room res_task_sched = {
	.name = "sched",
	.scope = PER_THREAD,
	.read = sched_read,
};
