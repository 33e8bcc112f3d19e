// SPDX-License-Identifier: GPL-2.0-only
/* The container's tasks: who they are, whether they stand still, who shares what with whom. */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

#define ON_CPU_MAX 1000		/* tries of a millisecond */
#define END_MAX 10000		/* the same */

const char *task_obj(struct snap *s, const struct ctask *t)
{
	return snap_obj(s, "tasks", t->vtid);
}

u64 task_switches(const struct task_struct *t)
{
	return READ_ONCE(t->nvcsw) + READ_ONCE(t->nivcsw);
}

/**
 * task_hold_regs() - what a task has on its kernel stack when it goes on
 * @t: the task
 *
 * The stack goes with a task that is killed, and no module can hold it. But before that a task gives its files back,
 * for which it needs its lock (exit_files(), kernel/exit.c): so it has to wait while we have that.
 *
 * Return: the registers, to be given back by task_let_go(), nothing that sleeps before; NULL: it was killed
 */
const struct pt_regs *task_hold_regs(struct task_struct *t)
{
	task_lock(t);
	if (t->files)
		return task_pt_regs(t);
	task_unlock(t);
	return NULL;
}

void task_let_go(struct task_struct *t)
{
	task_unlock(t);
}

static bool in_cgroup(struct task_struct *t, struct cgroup *cg)
{
	return cgroup_is_descendant(task_dfl_cgroup(t), cg);
}

/*
 * The dead are in no list of their cgroup: those that a task of the container waits for, or
 * leads.
 */
static bool is_ours(struct task_struct *t, struct cgroup *cg)
{
	struct task_struct *u;

	if (!READ_ONCE(t->exit_state))
		return in_cgroup(t, cg);
	if (t->exit_state != EXIT_ZOMBIE || !thread_group_leader(t))
		return false;
	u = rcu_dereference(t->real_parent);
	if (!u->exit_state && in_cgroup(u, cg))
		return true;
	for_each_thread(t, u)
		if (!u->exit_state && in_cgroup(u, cg))
			return true;
	return false;
}

/*
 * Fills up to @size of @v. The kernel's own threads in a process that uses io_uring are none of its tasks: they come and
 * go as there is something to do; whether there is, res/inode/uring.c knows. Return: how many there are
 */
static size_t collect(struct cgroup *cg, struct ctask *v, size_t size)
{
	struct task_struct *p, *t;
	size_t n = 0;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (!is_ours(t, cg) || t->flags & PF_IO_WORKER)
			continue;
		if (n < size) {
			get_task_struct(t);
			v[n].task = t;
			v[n].switches = task_switches(t);
		}
		n++;
	}
	rcu_read_unlock();
	return n;
}

/**
 * tasks_end() - SIGKILL to all that live in a cgroup and below it, until none does
 * @cg: the cgroup
 *
 * Who is being made meanwhile is found by the next look. It waits for a task that does not die for END_MAX.
 */
void tasks_end(struct cgroup *cg)
{
	struct task_struct *p, *t;
	int tries, living;

	for (tries = 0; tries < END_MAX; tries++) {
		living = 0;
		rcu_read_lock();
		for_each_process_thread(p, t) {
			if (READ_ONCE(t->exit_state) || !in_cgroup(t, cg))
				continue;
			send_sig(SIGKILL, t, 1);
			living++;
		}
		rcu_read_unlock();
		if (!living)
			break;
		usleep_range(1000, 2000);
	}
}

void tasks_put(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].task)
			put_task_struct(s->tasks[i].task);
	kvfree(s->tasks);
	s->tasks = NULL;
	s->nr_tasks = 0;
}

static int list(struct snap *s)
{
	size_t n = collect(s->cg, NULL, 0), size;

	do {
		tasks_put(s);
		size = n + 16;
		s->tasks = kvcalloc(size, sizeof(*s->tasks), GFP_KERNEL_ACCOUNT);
		if (!s->tasks)
			return -ENOMEM;
		n = collect(s->cg, s->tasks, size);
		s->nr_tasks = min(n, size);
	} while (n > size);
	return n ? 0 : -ESRCH;
}

/* The number at @level of a pid, 0 if it has none there. */
static pid_t nr_at(const struct pid *pid, unsigned int level)
{
	return pid && pid->level >= level ? pid->numbers[level].nr : 0;
}

struct pid *snap_pid(struct ctask *t, unsigned int type)
{
	return type == PIDTYPE_PID ? task_pid(t->task) :
	       type == PIDTYPE_TGID ? task_tgid(t->task) :
	       type == PIDTYPE_PGID ? task_pgrp(t->task) : task_session(t->task);
}

/*
 * Of a task that was killed and waited for, pids, parent and leader may be gone. Who is alive under rcu_read_lock() has
 * them as long as that is held. Return: are all?
 */
static bool all_there(const struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks && pid_alive(s->tasks[i].task); i++)
		;
	return i == s->nr_tasks;
}

/*
 * Whose pids: the outermost level below the mounter's at which every living task has a pid and
 * exactly one is the init, or the mounter's (crfs.txt, "Pids").
 */
static unsigned int pid_level(struct snap *s)
{
	unsigned int level, inits;
	size_t i;

	for (level = s->pid_ns->level + 1; level <= MAX_PID_NS_LEVEL; level++) {
		for (i = inits = 0; i < s->nr_tasks; i++) {
			pid_t nr = nr_at(task_pid(s->tasks[i].task), level);

			if (!nr && !s->tasks[i].zombie)
				return s->pid_ns->level;
			inits += nr == 1;
		}
		if (inits == 1)
			return level;
	}
	return s->pid_ns->level;	/* all are dead */
}

static int by_vtid(const void *a, const void *b)
{
	const struct ctask *x = a, *y = b;

	return (x->vtid > y->vtid) - (x->vtid < y->vtid);
}

struct ctask *snap_task(const struct snap *s, const struct task_struct *t)
{
	pid_t vtid = nr_at(task_pid((struct task_struct *)t), s->level);
	size_t lo = 0, hi = s->nr_tasks, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->tasks[mid].vtid < vtid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->nr_tasks && s->tasks[lo].task == t ? &s->tasks[lo] : NULL;
}

/* A pid as the tree has it, 0 if no task of the container has it. */
pid_t snap_vpid(const struct snap *s, struct pid *pid)
{
	struct task_struct *t;
	pid_t nr = 0;

	rcu_read_lock();
	t = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
	if (t && snap_task(s, t))
		nr = nr_at(pid, s->level);
	rcu_read_unlock();
	return nr;
}

static void name_pids(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		s->tasks[i].zombie = s->tasks[i].task->exit_state;
	rcu_read_lock();
	s->level = pid_level(s);
	for (i = 0; i < s->nr_tasks; i++) {
		struct ctask *t = &s->tasks[i];

		t->tid = nr_at(task_pid(t->task), s->pid_ns->level);
		t->tgid = nr_at(task_tgid(t->task), s->pid_ns->level);
		t->vtid = nr_at(task_pid(t->task), s->level);
		t->vtgid = nr_at(task_tgid(t->task), s->level);
		t->vpgid = nr_at(task_pgrp(t->task), s->level);
		t->vsid = nr_at(task_session(t->task), s->level);
	}
	rcu_read_unlock();
	sort(s->tasks, s->nr_tasks, sizeof(*s->tasks), by_vtid, NULL);
}

static int relate(struct snap *s)
{
	struct task_struct *p;
	size_t i;
	int rc;

	rcu_read_lock();
	rc = all_there(s) ? 0 : -EAGAIN;
	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct ctask *t = &s->tasks[i];

		t->leader = snap_task(s, t->task->group_leader);
		p = rcu_dereference(t->task->real_parent);
		t->parent = snap_task(s, p->group_leader);
		t->vppid = t->parent ? t->parent->vtid : 0;
		if (!t->leader)
			rc = -ESTALE;
	}
	rcu_read_unlock();
	return rc;
}

/* tasks_list() - who they are. Return: 0; -ESRCH: nobody; or another error */
int tasks_list(struct snap *s)
{
	int rc = list(s);

	if (rc)
		return rc;
	name_pids(s);
	rc = relate(s);
	return rc == -ESTALE ? snap_fail(s, rc, "a thread's leader is not in the cgroup") : rc;
}

/* task_rests() - is it on no CPU, and on its way to none? Until then what it was counted for is not all it has done. */
bool task_rests(struct task_struct *t)
{
	unsigned int state = READ_ONCE(t->__state);

	return state != TASK_RUNNING && !(state & TASK_WAKING) && !smp_load_acquire(&t->on_cpu);
}

/*
 * Frozen is said before the task has left its CPU (kernel/cgroup/freezer.c); and of one that was stopped by a tracer until
 * it leaves that.
 */
static int at_rest(struct task_struct *t)
{
	int i;

	for (i = 0; i < ON_CPU_MAX; i++) {
		if (task_rests(t))
			return 0;
		usleep_range(500, 1000);
	}
	return -EAGAIN;
}

/*
 * A parent in vfork(2) counts as frozen, too, deep inside of the kernel, and has the freezer's
 * mark: the child tells that it is waited for (complete_vfork_done(), kernel/fork.c).
 */
static void mark_vfork(struct snap *s)
{
	struct ctask *t, *parent;

	rcu_read_lock();
	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		parent = READ_ONCE(t->task->vfork_done) && pid_alive(t->task) ?
			 snap_task(s, rcu_dereference(t->task->real_parent)) : NULL;
		if (!parent)
			continue;
		parent->in_vfork = true;
		s->mi->vforks_wait = !s->mi->vforks_tried;
	}
	rcu_read_unlock();
}

/* Who traces it? 0: nobody */
static pid_t tracer_of(const struct snap *s, struct task_struct *t)
{
	struct task_struct *tracer;
	pid_t nr = 0;

	rcu_read_lock();
	tracer = ptrace_parent(t);
	if (tracer)
		nr = task_tgid_nr_ns(tracer, s->pid_ns) ?: -1;	/* of a namespace above */
	rcu_read_unlock();
	return nr;
}

/* Whether all stand where they go on when they are let go, and nobody else has a hand on them. */
int tasks_frozen(struct snap *s)
{
	pid_t tracer;
	size_t i;
	int rc;

	mark_vfork(s);
	for (i = 0; i < s->nr_tasks; i++) {
		struct ctask *t = &s->tasks[i];
		unsigned long job;

		if (t->zombie)
			continue;
		rc = at_rest(t->task);
		if (rc)
			return snap_fail(s, rc, "a frozen task does not leave its CPU");
		if (!t->task->frozen)
			return snap_fail(s, -EAGAIN, "the cgroup was thawed while it was looked at");
		t->switches = task_switches(t->task);
		t->stopped = READ_ONCE(t->task->__state) & __TASK_STOPPED;
		job = READ_ONCE(t->task->jobctl);
		tracer = tracer_of(s, t->task);
		if (tracer)
			snap_unsupported(s, -EPERM, task_obj(s, t), "traced by process %d: detach the tracer",
					 max(tracer, 0));
		if (!tracer && ((!t->stopped && !(job & JOBCTL_TRAP_FREEZE)) || t->in_vfork))
			snap_unsupported(s, -EAGAIN, task_obj(s, t),
					 "does not stop, it waits in vfork(2) for its child or in the kernel: try again when it is done");
	}
	return 0;
}

static void *shared_of(const struct task_struct *t, int what)
{
	return what == 0 ? (void *)t->mm : what == 1 ? (void *)t->files :
	       what == 2 ? (void *)t->fs : (void *)rcu_access_pointer(t->sighand);
}

static struct ctask **owner_of(struct ctask *t, int what)
{
	return what == 1 ? &t->files : what == 2 ? &t->fs : &t->sighand;
}

struct owner {
	const void *p;
	struct ctask *t;
};

static int by_pointer(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return (x->t > y->t) - (x->t < y->t);
}

static int new_mm(struct snap *s, struct ctask *t, struct mm_struct *mm)
{
	t->mm = snap_alloc(s, sizeof(*t->mm));
	if (!t->mm)
		return -ENOMEM;
	t->mm->task = t;
	t->mm->mm = mm;
	return 0;
}

/* The lowest tid is the owner: they are sorted by tid, so the lowest pointer of a class is. */
static int classify(struct snap *s, struct owner *o, int what)
{
	size_t i, n = 0, first = 0;
	int rc = 0;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].zombie)
			o[n++] = (struct owner){ shared_of(s->tasks[i].task, what), &s->tasks[i] };
	sort(o, n, sizeof(*o), by_pointer, NULL);
	for (i = 0; i < n && !rc; i++) {
		if (o[i].p != o[first].p)
			first = i;
		if (!o[i].p)
			rc = -ESTALE;
		else if (what)
			*owner_of(o[i].t, what) = o[first].t;
		else if (i == first)
			rc = new_mm(s, o[i].t, (struct mm_struct *)o[i].p);
		else
			o[i].t->mm = o[first].t->mm;
	}
	return rc;
}

static int number_mms(struct snap *s)
{
	size_t i;

	s->mms = snap_alloc(s, s->nr_tasks * sizeof(*s->mms));
	if (!s->mms)
		return -ENOMEM;
	for (i = 0; i < s->nr_tasks; i++) {
		struct ctask *t = &s->tasks[i];

		if (t->zombie || t->mm->task != t)
			continue;
		s->mms[s->nr_mms++] = t->mm;
		t->mm->id = s->nr_mms;
	}
	return 0;
}

int tasks_share(struct snap *s)
{
	struct owner *o = kvcalloc(s->nr_tasks, sizeof(*o), GFP_KERNEL_ACCOUNT);
	int what, rc = o ? 0 : -ENOMEM;

	for (what = 0; what < 4 && !rc; what++)
		rc = classify(s, o, what);
	kvfree(o);
	if (!rc)
		rc = number_mms(s);
	return rc ? snap_fail(s, rc, "who shares what") : 0;
}

/* The address space with a reference, to be given back by mmput(); NULL: it has gone */
struct mm_struct *cmm_get(const struct cmm *cmm)
{
	struct mm_struct *mm = get_task_mm(cmm->task->task);

	if (mm && mm != cmm->mm) {
		mmput(mm);
		mm = NULL;
	}
	return mm;
}
