// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers of a process: setitimer(2), alarm(2), timer_create(2).
 *
 * From signal_struct. Timers run while the container is frozen: a signal they sent meanwhile
 * is in the queue, and stands here as `queued` (or, of an interval timer, as value 0).
 * Overruns that pile up while a signal is queued are counted when it is taken. Times of clocks
 * that count CPU time: what the task has used is what it had used when it was frozen.
 */
#include <linux/alarmtimer.h>
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>

#include <crfs/res/task/timers.h>

#include "internal.h"

#define CLOCK_OWN_THREAD (-2)	/* the CPU time of the thread that made the timer */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define for_each_timer(k, sig) hlist_for_each_entry(k, &(sig)->posix_timers, list)
#else
#define for_each_timer(k, sig) list_for_each_entry(k, &(sig)->posix_timers, list)
#endif

struct timer {
	struct crfs_timer c;
	struct pid *pid, *counted;	/* whom it is for, and whose CPU time it counts, with references */
};

/* ---- interval timers ---- */

/* CPU time used, as long as a timer counts it: thread_group_cputimer. */
static u64 cpu_used(const struct signal_struct *sig, bool user_only)
{
	const struct task_cputime_atomic *c = &sig->cputimer.cputime_atomic;
	u64 t = atomic64_read(&c->utime);

	return user_only ? t : t + atomic64_read(&c->stime);
}

static u64 ns_to_us(u64 ns)
{
	return div_u64(ns, NSEC_PER_USEC);
}

static void read_real(const struct signal_struct *sig, struct crfs_itimer *c)
{
	const struct hrtimer *timer = &sig->real_timer;
	s64 rem = 0;

	/* As itimer_get_remtime(): one that is armed has a microsecond at least. */
	if (hrtimer_active(timer))
		rem = max_t(s64, hrtimer_get_remaining(timer), NSEC_PER_USEC);
	c->value_us = ns_to_us(rem);
	c->interval_us = ns_to_us(ktime_to_ns(sig->it_real_incr));
}

static void read_cpu(const struct signal_struct *sig, int which, struct crfs_itimer *c)
{
	const struct cpu_itimer *it = &sig->it[which == 1 ? CPUCLOCK_VIRT : CPUCLOCK_PROF];
	u64 used = cpu_used(sig, which == 1);

	if (it->expires)
		c->value_us = ns_to_us(it->expires > used ? it->expires - used : TICK_NSEC);
	c->interval_us = ns_to_us(it->incr);
}

static bool emit_itimers(struct ctask *t, struct text *out)
{
	const struct signal_struct *sig = t->task->signal;
	bool any = false;
	int i;

	text_section(out, &crfs_itimer_shape);
	for (i = 0; i < 3; i++) {
		struct crfs_itimer c = { .which = i };

		if (i == 0)
			read_real(sig, &c);
		else
			read_cpu(sig, i, &c);
		if (!(c.value_us | c.interval_us))
			continue;
		text_rec(out, &crfs_itimer_shape, &c);
		any = true;
	}
	return any;
}

/* ---- POSIX timers ---- */

static bool cpu_clock(clockid_t clock)
{
	return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

#define PER_THREAD_CLOCK 4	/* CPUCLOCK_PERTHREAD_MASK, and CPUCLOCK_PROF, _VIRT, _SCHED */

static u64 thread_used(const struct task_struct *p, int which)
{
	return which == CPUCLOCK_SCHED ? p->se.sum_exec_runtime :
	       which == CPUCLOCK_VIRT ? p->utime : p->utime + p->stime;
}

static u64 group_used(const struct task_struct *p, int which)
{
	const struct task_cputime_atomic *c = &p->signal->cputimer.cputime_atomic;

	return which == CPUCLOCK_SCHED ? atomic64_read(&c->sum_exec_runtime) :
	       cpu_used(p->signal, which == CPUCLOCK_VIRT);
}

/* As posix_cpu_timer_get() has it. */
static u64 cpu_value(const struct k_itimer *k)
{
	bool thread = k->it_clock & PER_THREAD_CLOCK;
	u64 expires = k->it.cpu.node.expires, used;
	const struct task_struct *p;

	p = pid_task(k->it.cpu.pid, thread ? PIDTYPE_PID : PIDTYPE_TGID);
	if (!expires || !p)
		return 0;
	used = thread ? thread_used(p, k->it_clock & 3) : group_used(p, k->it_clock & 3);
	return used < expires ? expires - used : 1;
}

static ktime_t remaining(const struct k_itimer *k)
{
	if (k->it_clock == CLOCK_REALTIME_ALARM || k->it_clock == CLOCK_BOOTTIME_ALARM)
		return hrtimer_expires_remaining(&k->it.alarm.alarmtimer.timer);
	return hrtimer_expires_remaining(&k->it.real.timer);
}

/* As common_timer_get() has it, but what must not be changed is not moved on. */
static u64 value_of(const struct k_itimer *k)
{
	bool none = (k->it_sigev_notify & ~SIGEV_THREAD_ID) == SIGEV_NONE;
	s64 rem, interval = ktime_to_ns(k->it_interval);

	if (!interval && !k->it_active && !none)
		return 0;
	rem = ktime_to_ns(remaining(k));
	if (interval && rem <= 0 && (k->it_requeue_pending & 1 || none))
		rem += interval * (div64_s64(-rem, interval) + 1);
	if (rem <= 0)
		return none ? 0 : 1;
	return rem;
}

static void copy_timer(const struct k_itimer *k, struct timer *t)
{
	t->c = (struct crfs_timer){
		.id = k->it_id, .clock = k->it_clock, .notify = k->it_sigev_notify,
		.interval_ns = ktime_to_ns(k->it_interval),
		.overrun = clamp_t(s64, k->it_overrun_last, 0, INT_MAX),
	};
	if (cpu_clock(k->it_clock)) {
		t->c.overrun = 0;
		t->counted = get_pid(k->it.cpu.pid);
	}
	t->pid = get_pid(k->it_pid);
	if (k->sigq) {
		t->c.signal = k->sigq->info.si_signo;
		t->c.sigval = (u64)(unsigned long)k->sigq->info.si_value.sival_ptr;
	}
	t->c.value_ns = cpu_clock(k->it_clock) ? cpu_value(k) : value_of(k);
}

static size_t copy_timers(struct ctask *t, struct timer *v, size_t size)
{
	struct sighand_struct *sighand;
	struct k_itimer *k;
	unsigned long flags;
	size_t n = 0;

	rcu_read_lock();
	sighand = rcu_dereference(t->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		if (rcu_access_pointer(t->task->sighand) == sighand)
			for_each_timer(k, t->task->signal) {
				if (n < size)
					copy_timer(k, &v[n]);
				n++;
			}
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return n;
}

bool timers_has(struct ctask *leader, int id)
{
	struct sighand_struct *sighand;
	struct k_itimer *k;
	unsigned long flags;
	bool has = false;

	if (leader->zombie)
		return false;
	rcu_read_lock();
	sighand = rcu_dereference(leader->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		if (rcu_access_pointer(leader->task->sighand) == sighand)
			for_each_timer(k, leader->task->signal)
				has |= k->it_id == id;
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return has;
}

static struct ctask *task_of(struct snap *s, struct pid *pid)
{
	struct task_struct *p;
	struct ctask *t = NULL;

	rcu_read_lock();
	p = pid_task(pid, PIDTYPE_PID);
	if (p)
		t = snap_task(s, p);
	rcu_read_unlock();
	return t;
}

static bool has_threads(const struct snap *s, const struct ctask *t)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].leader == t && &s->tasks[i] != t)
			return true;
	return false;
}

/* The clock of the thread that made it, where more than one can have: it has a number then. See fuse-proto. */
static void name_clock(struct snap *s, struct ctask *t, struct timer *tm)
{
	struct ctask *of;
	pid_t nr;

	if (tm->c.clock >= 0 || !(tm->c.clock & PER_THREAD_CLOCK) ||
	    (tm->c.clock == CLOCK_OWN_THREAD && !has_threads(s, t)))
		return;
	of = task_of(s, tm->counted);
	if (!of || of->leader != t) {
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "POSIX timer %u counts the CPU time of a thread that is gone: let the program delete it",
				 tm->c.id);
		return;
	}
	rcu_read_lock();
	nr = pid_nr_ns(tm->counted, ns_of_pid(tm->counted));
	rcu_read_unlock();
	if (tm->c.clock == CLOCK_OWN_THREAD)
		tm->c.clock = (clockid_t)(~(unsigned int)nr << 3) | PER_THREAD_CLOCK | CPUCLOCK_SCHED;
}

static void finish(struct snap *s, struct ctask *t, struct timer *tm)
{
	bool thread = tm->c.notify & SIGEV_THREAD_ID;
	struct ctask *to = thread ? task_of(s, tm->pid) : t;

	tm->c.notify = tm->c.notify == SIGEV_NONE ? SIGEV_NONE :
		       thread ? SIGEV_THREAD_ID : SIGEV_SIGNAL;
	if (tm->c.notify == SIGEV_THREAD_ID)
		tm->c.tid = to ? to->vtid : 0;
	name_clock(s, t, tm);
	if (tm->c.notify == SIGEV_THREAD_ID && !to)
		snap_unsupported(s, -EXDEV, task_obj(s, t),
				 "POSIX timer %u signals thread %d, which is not in the cgroup", tm->c.id,
				 pid_nr_ns(tm->pid, s->pid_ns));
	if (tm->c.overrun && tm->c.notify == SIGEV_THREAD_ID && tm->c.tid != t->vtid)
		snap_lost(s, task_obj(s, t), "overrun %d of POSIX timer %u, which signals a thread",
			  tm->c.overrun, tm->c.id);
	if (tm->c.notify != SIGEV_NONE && to && tm->c.signal)
		tm->c.queued = queue_has_timer(to, tm->c.notify != SIGEV_THREAD_ID, tm->c.id);
}

static int by_id(const void *a, const void *b)
{
	const struct timer *x = a, *y = b;

	return (x->c.id > y->c.id) - (x->c.id < y->c.id);
}

static int timers_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	size_t n = copy_timers(t, NULL, 0), i;
	struct timer *v = n ? snap_alloc(s, n * sizeof(*v)) : NULL;
	bool any = emit_itimers(t, out);

	if (n && !v)
		return -ENOMEM;
	n = n ? min(copy_timers(t, v, n), n) : 0;
	sort(v, n, sizeof(*v), by_id, NULL);
	text_section(out, &crfs_timer_shape);
	for (i = 0; i < n; i++) {
		finish(s, t, &v[i]);
		put_pid(v[i].pid);
		put_pid(v[i].counted);
		text_rec(out, &crfs_timer_shape, &v[i].c);
	}
	if (!any && !n)
		text_free(out);
	return 0;
}

const struct room res_task_timers = {
	.name = "timers",
	.scope = PER_PROCESS,
	.read = timers_read,
};
