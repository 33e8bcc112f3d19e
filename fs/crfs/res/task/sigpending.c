// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queued signals with all they carry: those of a thread are in its file signals, those of the
 * process as a whole here.
 *
 * Rows stand in the order of delivery, by signal. A signal that is pending with no entry in
 * the queue (the kernel had no memory for one) becomes what it would be delivered as. Signals
 * of the process's own POSIX timers stand in its file timers, as `queued`.
 */
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/sort.h>

#include <crfs/res/task/sigpending.h>

#include "internal.h"

struct entry {
	size_t nr;
	struct kernel_siginfo info;
};

/* Who is killed gives back its sighand, which may be that of another before we have its lock, and then its queues. */
static size_t copy_queue(struct ctask *t, bool shared, struct entry *v, size_t size, u64 *said)
{
	struct sigpending *p = shared ? &t->task->signal->shared_pending : &t->task->pending;
	struct sighand_struct *sighand;
	struct sigqueue *q;
	unsigned long flags;
	size_t n = 0;

	rcu_read_lock();
	sighand = rcu_dereference(t->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		if (rcu_access_pointer(t->task->sighand) == sighand) {
			*said = p->signal.sig[0];
			list_for_each_entry(q, &p->list, list) {
				if (n < size)
					v[n] = (struct entry){ n, q->info };
				n++;
			}
		}
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return n;
}

static int by_signal(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->info.si_signo != y->info.si_signo)
		return x->info.si_signo - y->info.si_signo;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* All of a queue in the order of rows, in the pool. Return: how many, or -ENOMEM */
static int queue_get(struct snap *s, struct ctask *t, bool shared, struct entry **out)
{
	u64 said = 0, have = 0;
	size_t n = copy_queue(t, shared, NULL, 0, &said), size = n + 64, i;
	struct entry *v;
	int sig;

	*out = NULL;
	if (!n && !said)
		return 0;
	v = snap_alloc(s, size * sizeof(*v));
	if (!v)
		return -ENOMEM;
	n = min(copy_queue(t, shared, v, n, &said), n);
	for (i = 0; i < n; i++)
		have |= 1ULL << (v[i].info.si_signo - 1);
	for (sig = 1; sig <= 64; sig++)
		if ((said & ~have) >> (sig - 1) & 1) {
			v[n] = (struct entry){ .nr = n };
			v[n++].info.si_signo = sig;
		}
	sort(v, n, sizeof(*v), by_signal, NULL);
	*out = v;
	return n;
}

/* queue_has_timer() - is the signal of POSIX timer @id queued? */
bool queue_has_timer(struct ctask *t, bool shared, int id)
{
	struct sigpending *p = shared ? &t->task->signal->shared_pending : &t->task->pending;
	struct sighand_struct *sighand;
	struct sigqueue *q;
	unsigned long flags;
	bool has = false;

	rcu_read_lock();
	sighand = rcu_dereference(t->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		if (rcu_access_pointer(t->task->sighand) == sighand)
			list_for_each_entry(q, &p->list, list)
				has |= q->info.si_code == SI_TIMER && q->info.si_tid == id;
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return has;
}

/* queue_emit() - the section of queued signals. Return: rows, or a negative errno */
int queue_emit(struct snap *s, struct ctask *t, bool shared, struct text *out)
{
	struct crfs_siginfo c;
	struct entry *v;
	int n = queue_get(s, t, shared, &v), i, rows = 0;

	text_section(out, &crfs_siginfo_shape);
	for (i = 0; i < n; i++) {
		const struct kernel_siginfo *si = &v[i].info;

		if (si->si_signo == SIGKILL || si->si_signo == SIGSTOP)
			snap_unsupported(s, -EAGAIN, task_obj(s, t),
					 "%s is on its way to it: thaw it for a moment",
					 si->si_signo == SIGKILL ? "SIGKILL" : "SIGSTOP");
		if (si->si_code == SI_TIMER && timers_has(t->leader, si->si_tid))
			continue;
		c.signal = si->si_signo;
		c.code = si->si_code;
		BUILD_BUG_ON(sizeof(c.info) != sizeof(*si));
		memcpy(c.info, si, sizeof(c.info));
		text_rec(out, &crfs_siginfo_shape, &c);
		rows++;
	}
	return n < 0 ? n : rows;
}

static int sigpending_read(struct snap *s, void *obj, struct text *out)
{
	int rows = queue_emit(s, obj, true, out);

	if (!rows)
		text_free(out);
	return min(rows, 0);
}

const struct room res_task_sigpending = {
	.name = "sigpending",
	.scope = PER_PROCESS,
	.read = sigpending_read,
};
