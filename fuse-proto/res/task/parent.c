// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which thread made a process, as far as the kernel still minds: when that thread ends, the child gets
 * its parent-death signal, and only that thread can wait for it with __WNOTHREAD.
 *
 * From /proc/<pid>/task/<tid>/children (CONFIG_PROC_CHILDREN), which is read for the zombies anyway
 * (tasks.c). Put back by the plan, which lets that thread make it (spawn_plan.c): one that was made
 * before its parent's setsid() is the first thread's again, and zombies are, too.
 */
#include <errno.h>

#include <crfs/res/task/parent.h>
#include <crfs/res/task/status.h>

#include "resource.h"
#include "rooms.h"

static int parent_read(struct snap *s, void *obj, struct text *out)
{
	const struct task *t = obj;
	const struct task *by = t->made_by ? snap_task(s, t->made_by) : NULL;
	struct crfs_parent c;

	if (!by || by->zombie || by->leader != t->parent || by == t->parent)
		return 0;
	c.thread = by->vtid;
	text_section(out, &crfs_parent_shape);
	text_rec(out, &crfs_parent_shape, &c);
	return text_failed(out) ? -ENOMEM : 0;
}

static void parent_check(struct image *im, struct iobj *o)
{
	const struct crfs_parent *c = image_rec(o, &res_task_parent, 0);
	const struct crfs_task_status *st = image_status(o), *by;
	const struct iobj *t = c ? image_obj(im, IOBJ_TASK, c->thread) : NULL;

	if (!c || !st)
		return;
	by = t ? image_status(t) : NULL;
	if (!by || !st->ppid || by->tgid != st->ppid || by->state == CRFS_TASK_ZOMBIE)
		image_mismatch(im, -EINVAL, o->path,
			       "parent: thread %u is none of its parent's: edit it, or remove the file",
			       c->thread);
}

static const struct crfs_shape *const shapes[] = { &crfs_parent_shape, NULL };

const struct resource res_task_parent = {
	.name = "parent",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.optional = true,
	.read = parent_read,
	.check = parent_check,
};
