// SPDX-License-Identifier: GPL-2.0-or-later
/* Which cgroup is the root of a cgroup namespace: what its tasks see of their path, and what we do. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "ns.h"
#include "proc.h"
#include "visit.h"

/* @t's cgroup in the container's hierarchy, as the calling thread sees it */
static char *path_of(struct snap *s, const struct task *t)
{
	char *all = proc_read(s->proc, NULL, "%d/cgroup", t->tid), *path = NULL;
	const char *key = s->cg->v1 ? "freezer:" : "0::", *p = all ? strstr(all, key) : NULL;

	if (p)
		path = pool_strndup(&s->pool, p + strlen(key), strcspn(p + strlen(key), "\n"));
	free(all);
	return path;
}

static char *path_inside(struct snap *s, const struct task *t)
{
	struct visit v;
	char *path = NULL;

	if (visit_begin(s, t, "cgroup", CLONE_NEWCGROUP, &v))
		return NULL;
	path = path_of(s, t);
	return visit_end(&v) ? NULL : path;
}

int ns_cgroup_root(struct snap *s, unsigned int id, char **root)
{
	char *in, *out;
	size_t i, n, m;

	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];

		if (t->zombie || ns_id(s, t, "cgroup") != id)
			continue;
		out = path_of(s, t);
		in = path_inside(s, t);
		if (!in || !out)
			return -EIO;
		if (!strncmp(in, "/..", 3))	/* it was moved out of its namespace's root */
			continue;
		n = strlen(out);
		m = in[1] ? strlen(in) : 0;
		if (n < m || strcmp(out + n - m, m ? in : ""))
			return -EIO;
		out[n - m] = '\0';
		*root = out;
		return 0;
	}
	return -ENOENT;
}
