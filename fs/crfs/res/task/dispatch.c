// SPDX-License-Identifier: GPL-2.0-only
/* Syscall user dispatch, prctl(2): system calls of a thread that become SIGSYS for it. */
#include <linux/sched.h>
#include <linux/thread_info.h>

#include <crfs/dispatch.h>

#include "internal.h"

static int dispatch_read(struct snap *s, void *obj, struct text *out)
{
#ifdef CONFIG_GENERIC_ENTRY
	const struct ctask *t = obj;
	const struct syscall_user_dispatch *d = &t->task->syscall_dispatch;
	struct crfs_dispatch c;

	if (!test_task_syscall_work(t->task, SYSCALL_USER_DISPATCH))
		return 0;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)	/* PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG */
	snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
			 "syscall user dispatch is on, which nothing puts back before Linux 6.4: run it without");
#endif
	c = crfs_dispatch_of(d->offset, d->len, (u64)(unsigned long)d->selector);
	text_section(out, &crfs_dispatch_shape);
	text_rec(out, &crfs_dispatch_shape, &c);
#endif
	return 0;
}

const struct room res_task_dispatch = {
	.name = "dispatch",
	.scope = PER_THREAD,
	.read = dispatch_read,
};
