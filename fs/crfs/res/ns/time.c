// SPDX-License-Identifier: GPL-2.0-only
/* A time namespace: what it adds to CLOCK_MONOTONIC and CLOCK_BOOTTIME. */
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>

#include <crfs/res/ns/time.h>

#include "internal.h"

static int time_read(struct snap *s, void *obj, struct text *out)
{
	struct task_struct *t = ((struct cns *)obj)->task->task;
	struct crfs_ns_time c = { .monotonic_ns = 0 };
	int rc = -ESTALE;

	task_lock(t);
	if (t->nsproxy) {
#ifdef CONFIG_TIME_NS
		c.monotonic_ns = timespec64_to_ns(&t->nsproxy->time_ns->offsets.monotonic);
		c.boottime_ns = timespec64_to_ns(&t->nsproxy->time_ns->offsets.boottime);
#endif
		rc = 0;
	}
	task_unlock(t);
	text_section(out, &crfs_ns_time_shape);
	text_rec(out, &crfs_ns_time_shape, &c);
	return rc;
}

const struct room res_ns_time = {
	.name = "time",
	.scope = PER_NS,
	.read = time_read,
};
