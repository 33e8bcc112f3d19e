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

#include <crfs/res/task/wait.h>

#include "internal.h"

/* When it is over, by *@clock; 0: it is told elsewhere, or is no moment that is known here. */
static u64 over(const struct restart_block *b, const struct pt_regs *r, clockid_t *clock)
{
	*clock = CLOCK_MONOTONIC;
	if ((__force u64)b->poll.ufds == r->di && (u32)b->poll.nfds == (u32)r->si && b->poll.has_timeout == 1)
		return b->poll.tv_sec < KTIME_SEC_MAX && b->poll.tv_nsec < NSEC_PER_SEC ?
		       b->poll.tv_sec * NSEC_PER_SEC + b->poll.tv_nsec : 0;
	if (r->di > 3 && (__force u64)b->futex.uaddr == r->di && b->futex.val == (u32)r->dx)
		return (r->si & FUTEX_CMD_MASK) == FUTEX_WAIT ? b->futex.time : 0;
	*clock = b->nanosleep.clockid;
	if (b->nanosleep.type || (*clock != CLOCK_MONOTONIC && *clock != CLOCK_BOOTTIME))
		return 0;
	return b->nanosleep.expires;
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
		end = over(&t->task->restart_block, regs, &clock);
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
