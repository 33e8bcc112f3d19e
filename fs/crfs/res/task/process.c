// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a process: child subreaper, OOM score adjustment, nice value of its autogroup
 * (which only /proc/<pid>/autogroup says), permission for large extended state (AMX), the pid
 * namespace of its children.
 */
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <asm/fpu/xstate.h>

#include <crfs/res/task/process.h>

#include "internal.h"

/* "/autogroup-17 nice 0" */
static int autogroup_nice(struct snap *s, struct ctask *t)
{
	struct text text = { .failed = false };
	int rc = snap_tried(s, proc_show(s, t, "autogroup", &text)), nice = 0;
	char *p;

	if (rc && IS_ENABLED(CONFIG_SCHED_AUTOGROUP))
		snap_unsupported(s, rc, task_obj(s, t),
				 "/proc/%d/autogroup: the nice value of its autogroup cannot be read: mount /proc",
				 t->tid);
	if (!rc && text.w.buf) {
		p = strstr(text.w.buf, " nice ");
		if (p)
			nice = simple_strtol(p + 6, NULL, 10);
	}
	snap_tried(s, text.failed ? -ENOMEM : 0);
	text_free(&text);
	return nice;
}

static int process_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	const struct signal_struct *sig = t->task->signal;
	struct crfs_process c = {
		.child_subreaper = sig->is_child_subreaper,
		.oom_score_adj = sig->oom_score_adj,
		.autogroup_nice = autogroup_nice(s, t),
		.children_pid_ns = t->children_pid_ns,
		.xcomp_perm = t->task->thread.fpu.perm.__state_perm & XFEATURE_MASK_USER_SUPPORTED,
	};

	text_section(out, &crfs_process_shape);
	text_rec(out, &crfs_process_shape, &c);
	return 0;
}

const struct room res_task_process = {
	.name = "process",
	.scope = PER_PROCESS,
	.read = process_read,
};
