// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of a restore is made when the checkpoint is: relations between tasks that neither clone3(2) nor setsid(2)
 * makes are named while there still is a container.
 */
#include <errno.h>

#include <crfs/format.h>

#include "image_parse.h"
#include "read.h"
#include "rooms.h"
#include "spawn.h"
#include "tasks.h"

static void parse(struct image *im, struct iobj *o, const struct resource *room)
{
	struct node *n = tree_find(im->tree, o->node, room->name);

	if (n)
		image_parse_file(im, n, room, o);
}

int snap_plan(struct snap *s)
{
	struct image im = { .tree = s->tree, .top = tree_root(s->tree), .why = &s->unsupported };
	struct iobj *tasks = pool_alloc(&im.pool, s->nr_tasks * sizeof(*tasks));
	struct iobj *mms = pool_alloc(&im.pool, s->nr_mms * sizeof(*mms));
	unsigned int before = s->unsupported.count;
	struct plan plan;
	size_t i;

	im.objs[IOBJ_TASK] = tasks;
	im.objs[IOBJ_MM] = mms;
	for (i = 0; tasks && i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		tasks[im.nr[IOBJ_TASK]++] = (struct iobj){ .kind = IOBJ_TASK, .id = t->vtid, .node = t->dir, .fd = -1,
							   .path = snap_obj(s, CRFS_TASKS, t->vtid) };
		parse(&im, &tasks[i], &res_task_status);
		parse(&im, &tasks[i], &res_task_parent);
	}
	for (i = 0; mms && i < s->nr_mms; i++)
		mms[im.nr[IOBJ_MM]++] = (struct iobj){ .kind = IOBJ_MM, .id = s->mms[i]->id, .fd = -1 };
	if (tasks && mms && s->unsupported.count == before)
		plan_make(&im, &plan);
	image_free(&im);
	return tasks && mms ? 0 : fail(s->err, -ENOMEM, "the plan of a restore");
}
