// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroups of version 1 that a task is in beside that of the container: named, once for all who are in it; see
 * fuse-proto/res/task/hierarchies.c.
 */
#include <linux/cgroup.h>
#include <linux/slab.h>

#include "res/task/hierarchies.h"

/* As /proc/<pid>/cgroup has it: by the names that they have in version 1. */
static const char *const controllers[CGROUP_SUBSYS_COUNT] = {
#define SUBSYS(x) [x##_cgrp_id] = #x,
#include <linux/cgroup_subsys.h>
#undef SUBSYS
};

static const char *v1_name(unsigned int i)
{
	return !strcmp(controllers[i], "io") ? "blkio" : controllers[i];
}

/** struct cgroup_seen - one that has been named */
struct cgroup_seen {
	const struct cgroup *cg;
	unsigned int controller;
	struct cgroup_seen *next;
};

static bool named_before(struct snap *s, const struct cgroup *cg, unsigned int controller)
{
	struct cgroup_seen *n;

	for (n = s->cgroups; n; n = n->next)
		if (n->cg == cg && n->controller == controller)
			return true;
	n = snap_alloc(s, sizeof(*n));
	if (n) {
		*n = (struct cgroup_seen){ .cg = cg, .controller = controller, .next = s->cgroups };
		s->cgroups = n;
	}
	return false;
}

/* Where @t is, if that is another one than we are in, in a hierarchy of version 1: it stays there while it is frozen. */
static const struct cgroup *elsewhere(const struct ctask *t, unsigned int i)
{
	const struct cgroup *its, *ours;

	rcu_read_lock();
	its = task_css_set(t->task)->subsys[i]->cgroup;
	ours = task_css_set(current)->subsys[i]->cgroup;
	rcu_read_unlock();
	return its != ours && its->root != &cgrp_dfl_root ? its : NULL;
}

static int name_one(struct snap *s, const struct ctask *t, unsigned int i, const char *controller)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	int len = -ENOMEM;

	if (path) {
		rcu_read_lock();
		len = cgroup_path(task_css_set(t->task)->subsys[i]->cgroup, path, PATH_MAX);
		rcu_read_unlock();
	}
	if (len > 0)
		snap_lost(s, task_obj(s, t),
			  "that it is in %s of %s (cgroups of version 1): it will be where whoever restores is", path,
			  controller);
	kfree(path);
	return min(len, 0);
}

/* The first behind @last by its name; NULL: none */
static const char *next_name(const char *last, unsigned int *at)
{
	const char *next = NULL;
	unsigned int i;

	for (i = 0; i < CGROUP_SUBSYS_COUNT; i++)
		if ((!last || strcmp(v1_name(i), last) > 0) && (!next || strcmp(v1_name(i), next) < 0)) {
			next = v1_name(i);
			*at = i;
		}
	return next;
}

int hierarchies_name(struct snap *s, const struct ctask *t)
{
	const struct cgroup *its;
	const char *name = NULL;
	unsigned int i = 0;
	int rc = 0;

	if (s->live || t->zombie)
		return 0;
	while (!rc && (name = next_name(name, &i))) {
		its = elsewhere(t, i);
		if (its && !named_before(s, its, i))
			rc = name_one(s, t, i, name);
	}
	return rc;
}
