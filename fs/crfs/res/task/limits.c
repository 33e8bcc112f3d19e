// SPDX-License-Identifier: GPL-2.0-only
/* Resource limits of a process, getrlimit(2). */
#include <linux/sched/signal.h>

#include <crfs/res/task/limits.h>

#include "internal.h"

static int limits_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct rlimit rlim[RLIM_NLIMITS];
	struct crfs_limit l;
	int i;

	task_lock(t->task);
	memcpy(rlim, t->task->signal->rlim, sizeof(rlim));
	task_unlock(t->task);
	text_section(out, &crfs_limits_shape);
	for (i = 0; i < CRFS_NR_RLIMITS; i++) {
		l = (struct crfs_limit){ i, rlim[i].rlim_cur, rlim[i].rlim_max };
		text_rec(out, &crfs_limits_shape, &l);
	}
	return 0;
}

const struct room res_task_limits = {
	.name = "limits",
	.scope = PER_PROCESS,
	.read = limits_read,
};
