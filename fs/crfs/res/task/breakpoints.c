// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints that a debugger has left in a thread. What ptrace(2) shows as debug registers is
 * register 7 as it was set, and an event of perf's for each other, whose address it is. An event
 * goes with the thread, at once when that is killed: it is looked at without faulting.
 */
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/processor.h>

#include <crfs/breakpoints.h>

#include "internal.h"

static u64 address_of(const struct thread_struct *th, unsigned int i)
{
	const struct perf_event *event;
	unsigned long at = 0;

	rcu_read_lock();
	event = READ_ONCE(th->ptrace_bps[i]);
	if (event && copy_from_kernel_nofault(&at, &event->hw.info.address, sizeof(at)))
		at = 0;
	rcu_read_unlock();
	return at;
}

static int breakpoints_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj;
	const struct thread_struct *th = &t->task->thread;
	__u64 at[CRFS_BREAKPOINTS];
	unsigned int i;

	BUILD_BUG_ON(CRFS_BREAKPOINTS != ARRAY_SIZE(th->ptrace_bps));
	if (!crfs_breakpoints_any(th->ptrace_dr7))
		return 0;
	for (i = 0; i < CRFS_BREAKPOINTS; i++)
		at[i] = address_of(th, i);
	crfs_breakpoints_text(out, th->ptrace_dr7, at);
	return 0;
}

const struct room res_task_breakpoints = {
	.name = "breakpoints",
	.scope = PER_THREAD,
	.read = breakpoints_read,
};
