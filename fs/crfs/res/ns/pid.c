// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pid namespace: which one it lies in, and its init. One whose init is outside of the container
 * cannot be made again and is refused.
 */
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>

#include <crfs/res/ns/pid.h>

#include "internal.h"
#include "res/ns/ns.h"

static int pid_read(struct snap *s, void *obj, struct text *out)
{
	struct cns *n = obj;
	struct crfs_ns_pid c = { .parent = 0 };
	struct pid_namespace *ns;
	struct ctask *init = NULL;
	u32 parent = 0;

	rcu_read_lock();
	ns = task_active_pid_ns(n->task->task);
	if (ns && ns->child_reaper)
		init = snap_task(s, ns->child_reaper);
	if (ns && ns->parent)
		parent = ns->parent->ns.inum;
	rcu_read_unlock();
	c.parent = ns_by_inum(s, parent);
	/* Once its first thread has exited, another reaps. */
	c.init = init ? init->leader->vtid : 0;
	if (!init)
		snap_unsupported(s, -EXDEV, task_obj(s, n->task),
				 "its pid namespace's first process is not in the cgroup: checkpoint the cgroup that holds it");
	text_section(out, &crfs_ns_pid_shape);
	text_rec(out, &crfs_ns_pid_shape, &c);
	return 0;
}

const struct room res_ns_pid = {
	.name = "pid",
	.scope = PER_NS,
	.read = pid_read,
};
