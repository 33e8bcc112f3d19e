// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much is left of a timeout that is relative, of a call that goes on from a restart block. See
 * fuse-proto/res/task/wait.c, whose rules these are: which call it is of, its own arguments tell.
 */
#include <uapi/linux/futex.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>

#include <crfs/res/task/wait.h>

#include "internal.h"
#include "wait.h"

#define TASK_LOW 4096		/* no memory is below it: a clock, and no pointer */

/* FUTEX_WAIT has all bits in its block, whatever it was given. */
static bool is_futex(const struct restart_block *b, const struct pt_regs *r)
{
	unsigned long op = r->si & FUTEX_CMD_MASK;

	return r->di >= TASK_LOW && (__force u64)b->futex.uaddr == r->di && b->futex.val == (u32)r->dx &&
	       ((op == FUTEX_WAIT && b->futex.bitset == FUTEX_BITSET_MATCH_ANY) ||
		(op == FUTEX_WAIT_BITSET && b->futex.bitset == (u32)r->r9));
}

static bool is_poll(const struct restart_block *b, const struct pt_regs *r)
{
	return (!r->di || r->di >= TASK_LOW) && (__force u64)b->poll.ufds == r->di &&
	       (u32)b->poll.nfds == (u32)r->si && b->poll.has_timeout == ((int)r->dx >= 0);
}

/* Which of the four calls has left it, by what it was called with; or -1. */
static long call_of(const struct restart_block *b, const struct pt_regs *r)
{
	bool nap = r->di >= TASK_LOW;

	if (is_futex(b, r))
		return __NR_futex;
	if (is_poll(b, r))
		return __NR_poll;
	if ((u32)b->nanosleep.clockid > CLOCK_TAI || b->nanosleep.type > TT_NATIVE ||
	    (b->nanosleep.type == TT_NATIVE && (__force u64)b->nanosleep.rmtp != (nap ? r->si : r->r10)))
		return -1;
	return nap ? __NR_nanosleep : __NR_clock_nanosleep;
}

/* When it is over, by *@clock; 0: it is told elsewhere, or is no moment that is known here. */
static u64 over(const struct restart_block *b, const struct pt_regs *r, long nr, clockid_t *clock)
{
	*clock = CLOCK_MONOTONIC;
	switch (nr) {
	case __NR_futex:
		return (r->si & FUTEX_CMD_MASK) == FUTEX_WAIT ? b->futex.time : 0;
	case __NR_poll:
		return b->poll.has_timeout && b->poll.tv_sec < KTIME_SEC_MAX && b->poll.tv_nsec < NSEC_PER_SEC ?
		       b->poll.tv_sec * NSEC_PER_SEC + b->poll.tv_nsec : 0;
	case __NR_nanosleep:
	case __NR_clock_nanosleep:
		*clock = b->nanosleep.clockid;
		return b->nanosleep.type || (*clock != CLOCK_MONOTONIC && *clock != CLOCK_BOOTTIME) ?
		       0 : b->nanosleep.expires;
	default:
		return 0;
	}
}

long wait_call(const struct ctask *t)
{
	const struct pt_regs *regs = task_hold_regs(t->task);
	long nr = -1;

	if (!regs)
		return -1;
	if ((long)regs->ax == -ERESTART_RESTARTBLOCK)
		nr = call_of(&t->task->restart_block, regs);
	task_let_go(t->task);
	return nr;
}

static int wait_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj;
	struct crfs_wait c;
	const struct pt_regs *regs = task_hold_regs(t->task);
	clockid_t clock;
	u64 end = 0, now;

	if (!regs)
		return -ESTALE;
	if ((long)regs->ax == -ERESTART_RESTARTBLOCK)
		end = over(&t->task->restart_block, regs, call_of(&t->task->restart_block, regs), &clock);
	task_let_go(t->task);
	if (!end || end > S64_MAX)
		return 0;
	now = clock == CLOCK_BOOTTIME ? ktime_get_boottime_ns() : ktime_get_ns();
	c.left_ns = end > now ? end - now : 0;
	text_section(out, &crfs_wait_shape);
	text_rec(out, &crfs_wait_shape, &c);
	return 0;
}

const struct room res_task_wait = {
	.name = "wait",
	.scope = PER_THREAD,
	.read = wait_read,
};
