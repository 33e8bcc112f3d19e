// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scheduling of a thread: policy and its parameters, CPUs, I/O priority, timer slack, NUMA policy,
 * PR_SET_IO_FLUSHER.
 *
 * From sched_getattr(2), sched_getaffinity(2) and ioprio_get(2); slack and NUMA policy from the
 * task itself. A task that may run on every CPU that is online is not bound, so it is not bound
 * to fewer on a larger machine; a cpuset cannot be told from an affinity and is carried as one.
 * The time slice (6.12) is carried where it is not the default. Lost: the default timer slack, to
 * which PR_SET_TIMERSLACK 0 goes back, becomes that of the mounter; I/O contexts shared by CLONE_IO
 * are separate after. A core scheduling cookie is refused: it means something only among tasks.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <crfs/res/task/sched.h>

#include "ask.h"
#include "rooms.h"
#include "same.h"
#include "sched.h"

#define IOPRIO_WHO_PROCESS 1
#define PF_IO_FLUSHER 0x180000	/* PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE, as in stat's flags */
#define MPOL_MODE_FLAGS 0xe000

#ifndef PR_GET_IO_FLUSHER
#define PR_GET_IO_FLUSHER 58
#endif

struct asked {
	unsigned int slack, flusher, policy;
	uint64_t mode, nodes;
};

static const char key, text_key, cpus_key;

int sched_attrs_of(pid_t tid, struct sched_attrs *a)
{
	memset(a, 0, sizeof(*a));
	return syscall(SYS_sched_getattr, tid, a, sizeof(*a), 0) ? -errno : 0;
}

static void sched_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->slack = ask(tape, SYS_prctl, PR_GET_TIMERSLACK);
	a->flusher = ask(tape, SYS_prctl, PR_GET_IO_FLUSHER);
	a->mode = tape_data(tape, NULL, sizeof(int));
	a->nodes = tape_data(tape, NULL, SCHED_NODES_MAX / 8);
	a->policy = ask(tape, SYS_get_mempolicy, a->mode, a->nodes, SCHED_NODES_MAX, 0, 0);
	snap_note(s, t, &key, a);
}

static void list_bits(struct text *list, const unsigned long *bits, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (bits[i / 64] >> (i % 64) & 1)
			text_list(list, i);
}

/* Those that are online: a file in /sys, read once and noted with the first task. */
static int nr_cpus(struct snap *s)
{
	int *n = snap_noted(&s->tasks[0], &cpus_key);

	if (n)
		return *n;
	n = pool_alloc(&s->scratch, sizeof(*n));
	if (!n)
		return get_nprocs();
	*n = get_nprocs();
	snap_note(s, &s->tasks[0], &cpus_key, n);
	return *n;
}

static int fill_cpus(struct snap *s, pid_t tid, struct text *list)
{
	unsigned long bits[SCHED_CPUS_MAX / 64] = { 0 };
	int bytes = syscall(SYS_sched_getaffinity, tid, sizeof(bits), bits);

	if (bytes < 0)
		return -errno;
	if (CPU_COUNT_S(bytes, (cpu_set_t *)bits) < nr_cpus(s))
		list_bits(list, bits, 8 * bytes);
	return 0;
}

/* Of real-time tasks sched_getattr(2) does not tell the nice value; stat does. */
static int fill_attrs(struct crfs_sched *c, const struct task *t)
{
	struct sched_attrs a, own;
	int rc = sched_attrs_of(t->tid, &a);

	if (rc)
		return rc;
	c->policy = a.policy;
	c->priority = a.priority;
	c->nice = snap_stat(t, 19);
	c->sched_flags = a.flags;
	c->runtime_ns = a.runtime;
	c->deadline_ns = a.deadline;
	c->period_ns = a.period;
	c->util_min = a.util_min;
	c->util_max = a.util_max;
	if (a.policy != SCHED_DEADLINE && !sched_attrs_of(0, &own) && own.runtime == a.runtime)
		c->runtime_ns = 0;
	return 0;
}

static void fill_policy(struct crfs_sched *c, struct task *t, const struct asked *a,
			struct text *nodes)
{
	unsigned int mode = ask_int(t, a->policy, a->mode, 0);

	c->mempolicy = mode & ~MPOL_MODE_FLAGS;
	c->mempolicy_flags = mode & MPOL_MODE_FLAGS;
	if (!ask_ret(t, a->policy))
		list_bits(nodes, tape_local(t->tape, a->nodes), SCHED_NODES_MAX);
}

static int sched_fill(struct snap *s, struct task *t, struct text *out)
{
	struct asked *a = snap_noted(t, &key);
	struct text cpus = { 0 }, nodes = { 0 };
	struct crfs_sched c = { 0 };
	long prio;
	int rc;

	if (!a)
		return fail(s->err, -ENOMEM, "sched");
	rc = fill_attrs(&c, t);
	if (!rc)
		rc = fill_cpus(s, t->tid, &cpus);
	prio = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, t->tid);
	if (prio < 0 && errno == ENOSYS)	/* CONFIG_BLOCK=n */
		prio = 0;
	if (rc || prio < 0)
		return fail(s->err, rc ? rc : -errno, "sched_getattr or ioprio_get");
	c.ioprio_class = prio >> 13;
	c.ioprio_data = prio & 0x1fff;
	c.timer_slack_ns = ask_ret(t, a->slack);
	/* The question needs CAP_SYS_RESOURCE; the flags of stat say it to everyone. */
	c.io_flusher = ask_ret(t, a->flusher) >= 0 ? ask_ret(t, a->flusher) :
		       (snap_stat(t, 9) & PF_IO_FLUSHER) == PF_IO_FLUSHER;
	fill_policy(&c, t, a, &nodes);
	c.cpus = text_str(&cpus);
	c.mempolicy_nodes = text_str(&nodes);
	text_section(out, &crfs_sched_shape);
	text_rec(out, &crfs_sched_shape, &c);
	text_free(&cpus);
	text_free(&nodes);
	return 0;
}

static int sched_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	unsigned long cookie = 0;

	if (!prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, t->tid, PR_SCHED_CORE_SCOPE_THREAD, &cookie) &&
	    cookie)
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "a core scheduling cookie, which cannot be carried: run it without");
	return same_emit(s, t, &text_key, sched_fill, out);
}

static const struct crfs_shape *const shapes[] = { &crfs_sched_shape, NULL };

const struct resource res_task_sched = {
	.name = "sched",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_SCHED,
	.ask = sched_ask,
	.read = sched_read,
	.check = sched_check,
	.put = sched_put,
};
