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

static void __maybe_unused add_row(struct snap *s, const char *name, unsigned int value, bool *any, struct text *out)
{
	const struct crfs_ns_pid_sysctl r = { str_of(name), str_of(snap_printf(s, "%u", value)) };

	if (!*any)
		text_section(out, &crfs_ns_pid_sysctl_shape);
	*any = true;
	text_rec(out, &crfs_ns_pid_sysctl_shape, &r);
}

/* What is not as in a new one of the mounter's. */
static void read_sysctls(struct snap *s, struct pid_namespace *ns, struct text *out)
{
	bool any = false;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
	if (READ_ONCE(ns->pid_max) != PID_MAX_LIMIT)
		add_row(s, "kernel.pid_max", READ_ONCE(ns->pid_max), &any, out);
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0) && defined(CONFIG_SYSCTL) && defined(CONFIG_MEMFD_CREATE)
	if (pidns_memfd_noexec_scope(ns) != pidns_memfd_noexec_scope(s->pid_ns))
		add_row(s, "vm.memfd_noexec", pidns_memfd_noexec_scope(ns), &any, out);
#endif
	(void)any;
}

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
	if (ns)
		get_pid_ns(ns);
	rcu_read_unlock();
	c.parent = ns_by_inum(s, parent);
	/* Once its first thread has exited, another reaps. */
	c.init = init ? init->leader->vtid : 0;
	if (!init)
		snap_unsupported(s, -EXDEV, task_obj(s, n->task),
				 "its pid namespace's first process is not in the cgroup: checkpoint the cgroup that holds it");
	text_section(out, &crfs_ns_pid_shape);
	text_rec(out, &crfs_ns_pid_shape, &c);
	if (ns && !s->live)
		read_sysctls(s, ns, out);
	if (ns)
		put_pid_ns(ns);
	return 0;
}

const struct room res_ns_pid = {
	.name = "pid",
	.scope = PER_NS,
	.read = pid_read,
};
