// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Timers of a process: setitimer(2), alarm(2), timer_create(2).
 *
 * /proc/<pid>/timers has the POSIX timers, the process itself says how much time remains: on its
 * one tape if that has room for all, else on tapes of their own. Timers
 * run while the container is frozen: a signal they sent meanwhile is in the queue, and stands here
 * as `queued` (or, of an interval timer, as value 0) and not among the queued signals, so that it
 * is the timer's own again. What they send while they are asked counts, too: the queue is looked
 * at once more when all have answered. Time stands still while the container is in an archive.
 *
 * Lost: whether a timer was set to an absolute time: what remained goes on. How often a timer ran
 * out after the signal that is queued cannot be read (the count is made when that is taken), so that
 * overrun begins again with what is missed from then on; and that of a timer that counts CPU time, of which a new
 * process has not used enough. A timer on the CPU time of the thread that made it does not say which that is: where the
 * process has more than one, that is read from the kernel's memory, and the tree has the clock of that thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <crfs/res/task/timers.h>

#include "ask.h"
#include "kmem_pid.h"
#include "kmem_timers.h"
#include "proc.h"
#include "queue.h"
#include "rooms.h"
#include "signals.h"
#include "stop.h"
#include "timers.h"

#define NR_ITIMERS 3
#define CLOCK_OWN_THREAD (-2)	/* the CPU time of the thread that made the timer */
#define CPU_CLOCK_THREAD 4	/* CPUCLOCK_PERTHREAD_MASK, CPUCLOCK_SCHED: clocks of what is said to be their number */
#define CPU_CLOCK_SCHED 2
#define TAPE_SPARE 2048		/* left for the rooms behind */
#define TAPE 16384
#define ASKED (2 * sizeof(struct tape_op) + sizeof(struct itimerspec))
#define AT_ONCE ((TAPE - 1024) / ASKED)

struct timer {
	struct crfs_timer c;
	pid_t tid;		/* whom it is for, in our namespace */
	bool orphan;		/* the thread whose CPU time it counts is gone */
	unsigned int op_time, op_overrun;
	uint64_t time;
};

struct asked {
	unsigned int op_itimer[NR_ITIMERS];
	uint64_t itimer[NR_ITIMERS];
	size_t nr;
	struct timer *timers;	/* by id */
	bool apart;		/* on tapes of their own */
};

static const char key;

static size_t count(const char *text)
{
	size_t n = 0;

	for (; (text = strstr(text, "ID: ")); text++)
		n += text[-1] == '\n' || text[-1] == '\0';
	return n;
}

static int by_id(const void *a, const void *b)
{
	const struct timer *x = a, *y = b;

	return (x->c.id > y->c.id) - (x->c.id < y->c.id);
}

/* "signal: 14/00007ffc...", "notify: signal/pid.42" or "thread/tid.42", "ClockID: 1" */
static void parse(struct snap *s, const char *p, struct timer *t)
{
	const char *sig = strstr(p, "signal: "), *notify = strstr(p, "notify: ");
	const char *clock = strstr(p, "ClockID: "), *dot = notify ? strchr(notify, '.') : NULL;
	char *end;

	t->c.id = strtoul(p + 4, NULL, 10);
	if (!sig || !notify || !clock || !dot)
		return;
	t->c.signal = strtoul(sig + 8, &end, 10);
	t->c.sigval = *end == '/' ? strtoull(end + 1, NULL, 16) : 0;
	t->tid = strtol(dot + 1, NULL, 10);
	t->c.notify = !strncmp(notify + 8, "none", 4) ? SIGEV_NONE :
		      !strncmp(dot - 3, "tid", 3) ? SIGEV_THREAD_ID : SIGEV_SIGNAL;
	if (t->c.notify == SIGEV_THREAD_ID)
		t->c.tid = snap_vpid(s, t->tid);
	t->c.clock = strtol(clock + 9, NULL, 10);
}

static void ask_timer(struct timer *t, struct tape *tape)
{
	t->time = tape_data(tape, NULL, sizeof(struct itimerspec));
	t->op_time = ask(tape, SYS_timer_gettime, t->c.id, t->time);
	t->op_overrun = ask(tape, SYS_timer_getoverrun, t->c.id);
}

static bool fits(const struct tape *tape, size_t timers)
{
	size_t used = tape->nr_ops * sizeof(struct tape_op) + TAPE_SPARE;

	return tape->data > used && timers * ASKED < tape->data - used;
}

static void answer_timer(const struct tape *tape, struct timer *tm)
{
	const struct itimerspec *its = tape_local(tape, tm->time);
	int64_t overrun = tape_at(tape, tm->op_overrun)->ret;

	if (!tape_at(tape, tm->op_time)->ret) {
		tm->c.value_ns = its->it_value.tv_sec * 1000000000ULL + its->it_value.tv_nsec;
		tm->c.interval_ns = its->it_interval.tv_sec * 1000000000ULL + its->it_interval.tv_nsec;
	}
	tm->c.overrun = overrun > 0 && tm->c.clock >= 0 ? overrun : 0;
}

static void list_timers(struct snap *s, struct task *t, struct asked *a)
{
	char *text = proc_read(s->proc, NULL, "%d/timers", t->tid), *p;
	size_t n = text ? count(text) : 0;

	if (!text)
		snap_unsupported(s, -errno, task_name(s, t), "/proc/%d/timers: its timers cannot be read",
				 t->tid);
	else if (n)
		a->timers = pool_alloc(&s->scratch, n * sizeof(*a->timers));
	for (p = text; p && a->timers && a->nr < n; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, "ID: ", 4))
			parse(s, p, &a->timers[a->nr++]);
	if (a->nr)
		qsort(a->timers, a->nr, sizeof(*a->timers), by_id);
	free(text);
}

static void timers_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));
	size_t j;
	int i;

	if (!a)
		return;
	for (i = 0; i < NR_ITIMERS; i++) {
		a->itimer[i] = tape_data(tape, NULL, sizeof(struct itimerval));
		a->op_itimer[i] = ask(tape, SYS_getitimer, i, a->itimer[i]);
	}
	list_timers(s, t, a);
	a->apart = !fits(tape, a->nr);
	for (j = 0; j < a->nr && !a->apart; j++)
		ask_timer(&a->timers[j], tape);
	snap_note(s, t, &key, a);
}

static int ask_some(struct snap *s, struct task *t, struct timer *tm, size_t n)
{
	uint8_t *mem = calloc(1, TAPE);
	struct tape tape;
	size_t i;
	int rc;

	if (!mem)
		return fail(s->err, -ENOMEM, "a tape");
	tape_init(&tape, t->mm->place->data, mem, TAPE);
	for (i = 0; i < n; i++)
		ask_timer(&tm[i], &tape);
	rc = ask_again(s, t, &tape);
	for (i = 0; i < n && !rc; i++)
		answer_timer(&tape, &tm[i]);
	tape_free(&tape);
	free(mem);
	return rc;
}

static bool counts(const int *ids, long n, int id)
{
	long low = 0, mid;

	while (low < n) {
		mid = low + (n - low) / 2;
		if (ids[mid] == id)
			return true;
		if (ids[mid] < id)
			low = mid + 1;
		else
			n = mid;
	}
	return false;
}

/* Whose signal is in this queue, now that all have answered? */
static int mark_queued(struct snap *s, struct task *t, bool shared, struct asked *a)
{
	int *ids;
	long n = queue_timers(t, shared, &ids);
	size_t i;

	if (n < 0)
		return fail_on(s->err, n, task_name(s, t), "PTRACE_PEEKSIGINFO: signals of its timers");
	for (i = 0; i < a->nr && n; i++)
		if (counts(ids, n, a->timers[i].c.id))
			a->timers[i].c.queued = true;
	if (n)
		free(ids);
	return 0;
}

static int inquire_process(struct snap *s, struct task *t, struct asked *a)
{
	size_t i, some;
	int rc = 0;

	for (i = 0; i < a->nr && !a->apart; i++)
		answer_timer(t->tape, &a->timers[i]);
	for (i = 0; i < a->nr && a->apart && !rc; i += some) {
		some = a->nr - i < AT_ONCE ? a->nr - i : AT_ONCE;
		rc = ask_some(s, t, &a->timers[i], some);
	}
	return rc;
}

static int timers_inquire(struct snap *s)
{
	struct asked *a;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		a = s->tasks[i].tape ? snap_noted(&s->tasks[i], &key) : NULL;
		if (a && a->nr)
			rc = inquire_process(s, &s->tasks[i], a);
	}
	for (i = 0; i < s->nr_tasks && !rc; i++) {
		a = s->tasks[i].leader ? snap_noted(s->tasks[i].leader, &key) : NULL;
		if (!a || !a->nr || !s->tasks[i].seized)
			continue;
		rc = mark_queued(s, &s->tasks[i], false, a);
		if (!rc && s->tasks[i].leader == &s->tasks[i])
			rc = mark_queued(s, &s->tasks[i], true, a);
	}
	return rc;
}

bool timers_has(const struct task *leader, int id)
{
	const struct asked *a = snap_noted(leader, &key);
	const struct timer tm = { .c.id = id };

	return a && a->nr && bsearch(&tm, a->timers, a->nr, sizeof(tm), by_id);
}

static bool has_threads(const struct snap *s, const struct task *t)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].leader == t && &s->tasks[i] != t)
			return true;
	return false;
}

/* Of its own threads, the one that it calls @nr; or NULL. */
static const struct task *thread_called(const struct snap *s, const struct task *t, pid_t nr)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].leader == t && ask_own_pid(&s->tasks[i]) == nr)
			return &s->tasks[i];
	return NULL;
}

/* The clock of the thread that made each timer which counts that, where more than one can have: it has a number then. */
static void find_makers(struct snap *s, const struct task *t, struct asked *a)
{
	struct kmem_timer *of = has_threads(s, t) ? pool_alloc(&s->scratch, a->nr * sizeof(*of)) : NULL;
	const struct task *maker;
	size_t i, j, n = 0;
	struct kmem *k;
	uint64_t task;
	int rc;

	for (i = 0; of && i < a->nr; i++)
		if (a->timers[i].c.clock == CLOCK_OWN_THREAD)
			of[n++].id = a->timers[i].c.id;
	k = n ? snap_kmem(s, &rc) : NULL;
	if (!k || kmem_task_find(k, s->proc, t->tid, &task) || kmem_timers_whose(k, task, of, n))
		return;
	for (i = 0, j = 0; i < a->nr; i++) {
		if (a->timers[i].c.clock != CLOCK_OWN_THREAD)
			continue;
		maker = of[j].tid ? snap_task(s, of[j].tid) : NULL;
		a->timers[i].orphan = !maker || maker->leader != t;
		if (!a->timers[i].orphan)
			a->timers[i].c.clock = (clockid_t)(~(unsigned int)ask_own_pid(maker) << 3) | CPU_CLOCK_THREAD |
					       CPU_CLOCK_SCHED;
		j++;
	}
}

static void name_obstacles(struct snap *s, struct task *t, const struct timer *tm)
{
	int32_t clock = tm->c.clock;

	if (tm->orphan || (clock < CLOCK_OWN_THREAD && clock & CPU_CLOCK_THREAD && !thread_called(s, t, ~(clock >> 3))))
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "POSIX timer %u counts the CPU time of a thread that is gone: let the program delete it",
				 tm->c.id);
	else if (clock == CLOCK_OWN_THREAD && has_threads(s, t))
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "POSIX timer %u counts the CPU time of one of several threads, and does not say whose",
				 tm->c.id);
	if (tm->c.notify == SIGEV_THREAD_ID && !tm->c.tid)
		snap_unsupported(s, -EXDEV, task_name(s, t),
				 "POSIX timer %u signals thread %d, which is not in the cgroup", tm->c.id,
				 tm->tid);
	if (tm->c.overrun && tm->c.notify == SIGEV_THREAD_ID && tm->c.tid != (uint32_t)t->vtid)
		snap_lost(s, task_name(s, t), "overrun %d of POSIX timer %u, which signals a thread",
			  tm->c.overrun, tm->c.id);
}

static bool emit_itimers(struct task *t, const struct asked *a, struct text *out)
{
	static const int signals[] = { SIGALRM, SIGVTALRM, SIGPROF };
	const struct itimerval *v;
	struct crfs_itimer c;
	bool any = false;
	int i;

	text_section(out, &crfs_itimer_shape);
	for (i = 0; i < NR_ITIMERS; i++) {
		v = tape_local(t->tape, a->itimer[i]);
		c.which = i;
		c.value_us = v->it_value.tv_sec * 1000000ULL + v->it_value.tv_usec;
		c.interval_us = v->it_interval.tv_sec * 1000000ULL + v->it_interval.tv_usec;
		/* It ran out after we looked into the queue: let it do so again. */
		if (!c.value_us && signals_came(t) >> (signals[i] - 1) & 1)
			c.value_us = 1;
		if (ask_ret(t, a->op_itimer[i]) || !(c.value_us | c.interval_us))
			continue;
		text_rec(out, &crfs_itimer_shape, &c);
		any = true;
	}
	return any;
}

static int timers_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);
	bool any;
	size_t i;

	if (!a)
		return fail(s->err, -ENOMEM, "timers");
	any = emit_itimers(t, a, out) || a->nr;
	text_section(out, &crfs_timer_shape);
	find_makers(s, t, a);
	for (i = 0; i < a->nr; i++) {
		name_obstacles(s, t, &a->timers[i]);
		text_rec(out, &crfs_timer_shape, &a->timers[i].c);
	}
	if (!any && !text_failed(out))
		text_free(out);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_itimer_shape, &crfs_timer_shape, NULL };

const struct resource res_task_timers = {
	.name = "timers",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_FS,
	.ask = timers_ask,
	.inquire = timers_inquire,
	.read = timers_read,
	.check = timers_check,
	.put = timers_put,
};
