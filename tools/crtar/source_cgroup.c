// SPDX-License-Identifier: GPL-2.0-or-later
/* A cgroup as a tree: what a mount of it would show, from the engine itself. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "source.h"

/* Whoever thaws it for a moment, to ask its tasks, holds the lock, and we wait. */
static int take_view(struct source *s, struct err *e)
{
	int tries, r = -ESTALE, hold;

	for (tries = 0; tries < 3 && r == -ESTALE; tries++) {
		e->code = 0;
		hold = cgroup_hold(&s->cg, true);
		r = view_take(&s->cg, &s->opts, &s->view, e);
		if (hold >= 0)
			close(hold);
	}
	return r;
}

int cgroup_load(struct source *s, struct err *e)
{
	int r = cgroup_open(s->name, false, &s->cg, e);
	struct timespec now;
	struct node *n;

	if (r < 0) {
		s->cg.dir = -1;
		return r;
	}
	r = cgroup_refuse_own(&s->cg, e);
	if (!r)
		r = take_view(s, e);
	if (r < 0)
		return fail_on(e, r, s->name, "read the container");
	s->tree = view_tree(s->view);
	clock_gettime(CLOCK_REALTIME, &now);
	for (n = tree_root(s->tree); n; n = tree_next(n, NULL))
		n->mtime = now;
	return 0;
}
