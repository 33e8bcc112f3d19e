// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that are in another time namespace than the container's first task; most containers have none, and so no
 * such file. All namespaces are made before there are tasks, and kept by descriptors. The tasks are born in that of
 * the first one, or where who makes them is; whoever shall be elsewhere goes there by setns(2), while it is alone.
 */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>

#include <crfs/res/task/timens.h>

#include "ask.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "spawn.h"
#include "timens.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static unsigned int first(struct snap *s)
{
	size_t i = 0;

	while (i + 1 < s->nr_tasks && s->tasks[i].zombie)
		i++;
	return ns_id(s, &s->tasks[i], "time");
}

static int timens_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	const struct crfs_timens c = { .ns = ns_id(s, t, "time") };

	if (c.ns == first(s))
		return 0;
	text_section(out, &crfs_timens_shape);
	text_rec(out, &crfs_timens_shape, &c);
	return text_failed(out) ? -ENOMEM : 0;
}

static void timens_check(struct image *im, struct iobj *o)
{
	const struct crfs_timens *c = image_rec(o, &res_task_timens, 0);
	const struct iobj *ns = c && c->ns ? image_obj(im, IOBJ_NS, c->ns) : NULL;

	if (c && c->ns && (!ns || ns->room != &res_ns_time))
		image_mismatch(im, -EINVAL, o->path, "timens: ns/time-%u is not there", c->ns);
}

static bool is_named(const struct image *im, const struct iobj *ns)
{
	const struct crfs_timens *c;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		c = image_rec(&im->objs[IOBJ_TASK][i], &res_task_timens, 0);
		if (c && c->ns == ns->id)
			return true;
	}
	return false;
}

struct iobj *timens_home(const struct image *im)
{
	size_t i;

	for (i = 0; i < im->nr[IOBJ_NS]; i++)
		if (im->objs[IOBJ_NS][i].room == &res_ns_time && !is_named(im, &im->objs[IOBJ_NS][i]))
			return &im->objs[IOBJ_NS][i];
	return NULL;
}

struct iobj *timens_of(const struct image *im, const struct rtask *rt)
{
	const struct crfs_timens *c;

	while (rt && rt->helper)
		rt = rt->birth->maker;
	if (rt && rt->leader)
		rt = rt->leader;
	c = rt && rt->o ? image_rec(rt->o, &res_task_timens, 0) : NULL;
	return !c ? timens_home(im) : c->ns ? image_obj(im, IOBJ_NS, c->ns) : NULL;
}

bool timens_moves(const struct restore *rs, const struct rtask *rt)
{
	return rt->leader == rt && rt->birth->maker && timens_of(rs->im, rt) != timens_of(rs->im, rt->birth->maker);
}

void timens_put(struct restore *rs, struct rtask *rt, struct tape *t)
{
	const struct iobj *o = timens_of(rs->im, rt);
	bool first = rt->leader == rt && !rt->birth->maker && o != timens_home(rs->im);

	if (first || timens_moves(rs, rt))
		tape_call(t, "setns(CLONE_NEWTIME)", SYS_setns, o ? o->fd : rs->base_time, CLONE_NEWTIME);
}

static const struct crfs_shape *const shapes[] = { &crfs_timens_shape, NULL };

const struct resource res_task_timens = {
	.name = "timens",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.optional = true,
	.read = timens_read,
	.check = timens_check,
};
