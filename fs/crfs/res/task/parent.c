// SPDX-License-Identifier: GPL-2.0-only
/* Which thread made a process, where that is not the first of its parent: task_struct.real_parent. */
#include <linux/sched.h>

#include <crfs/res/task/parent.h>

#include "internal.h"

static int parent_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj, *by;
	struct crfs_parent c;

	rcu_read_lock();
	by = pid_alive(t->task) ? snap_task(s, rcu_dereference(t->task->real_parent)) : NULL;
	rcu_read_unlock();
	if (!by || by->zombie || by->leader != t->parent || by == t->parent)
		return 0;
	c.thread = by->vtid;
	text_section(out, &crfs_parent_shape);
	text_rec(out, &crfs_parent_shape, &c);
	return 0;
}

const struct room res_task_parent = {
	.name = "parent",
	.scope = PER_PROCESS,
	.read = parent_read,
};
