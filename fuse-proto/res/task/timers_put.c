// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making timers again, with their numbers, their time, and the signals they have sent.
 *
 * PR_TIMER_CREATE_RESTORE_IDS (6.15) lets timer_create(2) take the number it is given; before, a new
 * process numbers its timers from 0, and those in between are made and deleted.
 *
 * A timer whose signal is queued is set to a time in the past, of the same phase: it runs out at
 * once, its signal is queued, and it goes on when that is taken. The same gives a timer its overrun:
 * so many intervals in the past, and its signal taken on the spot. So timers come before the signals
 * that were queued by others (PHASE_SIGNALS), and behind the actions.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/task/timers.h>

#include "ask.h"
#include "queue.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "timers.h"

#define ID_MAX 4096		/* without PR_TIMER_CREATE_RESTORE_IDS */
#define SEC 1000000000ULL

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#define PR_TIMER_CREATE_RESTORE_IDS_OFF 0
#define PR_TIMER_CREATE_RESTORE_IDS_ON 1
#define PR_TIMER_CREATE_RESTORE_IDS_GET 2
#endif

static bool takes_ids(void)
{
	return prctl(PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_GET, 0, 0, 0) >= 0;
}

static void check_timer(struct image *im, struct iobj *o, const struct crfs_timer *c)
{
	if (c->signal > 64 || (!c->signal && c->notify != SIGEV_NONE))
		image_mismatch(im, -EINVAL, o->path, "timers: timer %u: no signal %u", c->id, c->signal);
	if (c->notify != SIGEV_SIGNAL && c->notify != SIGEV_NONE && c->notify != SIGEV_THREAD_ID)
		image_mismatch(im, -EINVAL, o->path, "timers: timer %u: unknown notify", c->id);
	if (c->notify == SIGEV_THREAD_ID && !image_obj(im, IOBJ_TASK, c->tid))
		image_mismatch(im, -EINVAL, o->path, "timers: timer %u: no tasks/%u", c->id, c->tid);
	if (c->id > ID_MAX && !takes_ids())
		image_mismatch(im, -EOPNOTSUPP, o->path,
			       "timers: timer %u: this kernel cannot make one with so high a number (6.15 can)",
			       c->id);
	if (c->value_ns / SEC > 1LL << 33 || c->interval_ns / SEC > 1LL << 33 || c->overrun < 0 ||
	    c->queued > 1)
		image_mismatch(im, -EINVAL, o->path, "timers: timer %u: no such time or count", c->id);
}

void timers_check(struct image *im, struct iobj *o)
{
	size_t i, n;
	const struct crfs_itimer *it = image_recs(o, &res_task_timers, 0, &n);
	const struct crfs_timer *c;

	for (i = 0; i < n; i++)
		if (it[i].which > 2 || (i && it[i].which <= it[i - 1].which))
			image_mismatch(im, -EINVAL, o->path, "timers: no such interval timer, or twice");
	c = image_recs(o, &res_task_timers, 1, &n);
	for (i = 0; i < n; i++) {
		if (i && c[i].id <= c[i - 1].id)
			image_mismatch(im, -EINVAL, o->path, "timers: timer %u stands twice or late",
				       c[i].id);
		check_timer(im, o, &c[i]);
	}
}

/*
 * The kernel adds a tick to timers on CPU time when they are set (kernel/time/itimer.c,
 * set_cpu_itimer()): how much that is, one of ours tells.
 */
static uint64_t added(int which)
{
	struct itimerval v = { .it_value.tv_sec = 1000 }, off = { 0 };
	long us = 0;

	if (which != ITIMER_REAL && !setitimer(which, &v, NULL) && !getitimer(which, &v)) {
		us = (v.it_value.tv_sec - 1000) * 1000000 + v.it_value.tv_usec;
		setitimer(which, &off, NULL);
	}
	return us > 0 ? us : 0;
}

static void put_itimer(struct tape *t, const struct crfs_itimer *c)
{
	uint64_t tick = added(c->which);
	/* Ran out, not taken: it must run out again, which queues no second signal. */
	uint64_t value = c->value_us > tick ? c->value_us - tick : 1;
	struct itimerval v = {
		.it_value = { value / 1000000, value % 1000000 },
		.it_interval = { c->interval_us / 1000000, c->interval_us % 1000000 },
	};

	tape_call(t, "setitimer", SYS_setitimer, c->which, tape_data(t, &v, sizeof(v)), 0);
}

/* struct sigevent as the kernel has it, include/uapi/asm-generic/siginfo.h */
struct kernel_sigevent {
	uint64_t value;
	int32_t signo, notify, tid, pad[11];
};

static void create(struct restore *rs, struct tape *t, const struct crfs_timer *c)
{
	struct kernel_sigevent ev = { .value = c->sigval, .signo = c->signal, .notify = c->notify };
	struct iobj *to = c->notify == SIGEV_THREAD_ID ? image_obj(rs->im, IOBJ_TASK, c->tid) : NULL;
	int32_t id = c->id;

	if (to)
		ev.tid = pid_within(to);
	tape_call(t, "timer_create", SYS_timer_create, c->clock, tape_data(t, &ev, sizeof(ev)),
		  tape_data(t, &id, sizeof(id)));
}

/* Numbers @from up to, without, @to: made and deleted. */
static void skip(struct tape *t, unsigned int from, unsigned int to)
{
	struct kernel_sigevent none = { .notify = SIGEV_NONE };
	uint64_t ev = tape_data(t, &none, sizeof(none)), id = tape_data(t, NULL, 4);

	for (; from < to; from++) {
		tape_call(t, "timer_create", SYS_timer_create, CLOCK_MONOTONIC, ev, id);
		tape_call(t, "timer_delete", SYS_timer_delete, from);
	}
}

static void set(struct tape *t, const struct crfs_timer *c, uint64_t value, bool absolute)
{
	struct itimerspec v = {
		.it_value = { value / SEC, value % SEC },
		.it_interval = { c->interval_ns / SEC, c->interval_ns % SEC },
	};

	tape_call(t, "timer_settime", SYS_timer_settime, c->id, absolute ? TIMER_ABSTIME : 0,
		  tape_data(t, &v, sizeof(v)), 0);
}

/* When it ran out @n intervals before the next time, on its own clock, the task's; 0 if that is younger. */
static uint64_t before(const struct restore *rs, const struct rtask *rt, const struct crfs_timer *c, uint64_t n)
{
	struct timespec now;
	uint64_t next;

	if (c->clock < 0 || clock_gettime(c->clock, &now))
		return 0;
	next = now.tv_sec * SEC + now.tv_nsec + time_ahead(rs, rt, c->clock) + c->value_ns;
	return c->interval_ns && n < next / c->interval_ns ? next - n * c->interval_ns : 0;
}

static void take(struct tape *t, int sig)
{
	struct timespec patience = { .tv_sec = 1 };
	uint64_t set = 1ULL << (sig - 1);
	struct tape_op *op;

	op = tape_call(t, "rt_sigtimedwait", SYS_rt_sigtimedwait, tape_data(t, &set, 8), 0,
		       tape_data(t, &patience, sizeof(patience)), 8);
	op->want = WANT_EXACT;
	op->expect = sig;
}

static void arm(const struct restore *rs, const struct rtask *rt, struct tape *t, const struct crfs_timer *c)
{
	bool ours = c->notify == SIGEV_SIGNAL ||
		    (c->notify == SIGEV_THREAD_ID && c->tid == rt->o->id);
	uint64_t past;

	if (c->queued) {
		past = before(rs, rt, c, 1);
		/* CPU time: at the next tick; a single shot, or a clock too young: the first moment. */
		set(t, c, past ? past : 1, c->clock >= 0);
	} else if (c->overrun && ours && (past = before(rs, rt, c, c->overrun + 1ULL))) {
		set(t, c, past, true);
		take(t, c->signal);
	} else if (c->value_ns) {
		set(t, c, c->value_ns, false);
	}
}

int timers_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	size_t i, n, nr_it;
	const struct crfs_itimer *it = image_recs(o, &res_task_timers, 0, &nr_it);
	const struct crfs_timer *c = image_recs(o, &res_task_timers, 1, &n);
	bool ids = takes_ids();

	if (n && ids)
		tape_call(t, "prctl(PR_TIMER_CREATE_RESTORE_IDS)", SYS_prctl,
			  PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_ON);
	for (i = 0; i < n; i++) {
		if (!ids)
			skip(t, i ? c[i - 1].id + 1 : 0, c[i].id);
		create(rs, t, &c[i]);
	}
	if (n && ids)
		tape_call(t, "prctl(PR_TIMER_CREATE_RESTORE_IDS)", SYS_prctl,
			  PR_TIMER_CREATE_RESTORE_IDS, PR_TIMER_CREATE_RESTORE_IDS_OFF);
	for (i = 0; i < n; i++)
		arm(rs, rt, t, &c[i]);
	for (i = 0; i < nr_it; i++)
		put_itimer(t, &it[i]);
	return 0;
}
