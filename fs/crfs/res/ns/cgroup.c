// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cgroup namespace: which cgroup is its root.
 *
 * The root stands in a css_set; what is below it is what both paths of a task in it end with, that
 * which is seen from inside and that of the hierarchy.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <crfs/res/ns/cgroup.h>

#include "internal.h"
#include "res/ns/ns.h"

static int paths_of(struct task_struct *t, char *in, char *out)
{
	struct cgroup_namespace *ns = NULL;
	int rc;

	task_lock(t);
	if (t->nsproxy) {
		ns = t->nsproxy->cgroup_ns;
		get_cgroup_ns(ns);
	}
	task_unlock(t);
	if (!ns)
		return -ESTALE;
	rcu_read_lock();
	rc = cgroup_path_ns(task_dfl_cgroup(t), in, PATH_MAX, ns);
	if (rc >= 0)
		rc = cgroup_path(task_dfl_cgroup(t), out, PATH_MAX);
	rcu_read_unlock();
	put_cgroup_ns(ns);
	return rc < 0 ? rc : 0;
}

/* The root's path in the hierarchy, into @out. Return: 0; -ENOENT: nobody is below it; or an error */
static int find_root(struct snap *s, u32 id, char *in, char *out)
{
	struct ctask *t;
	size_t n, m;
	int rc;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		if (t->zombie || t->ns[NS_CGROUP] != id)
			continue;
		rc = paths_of(t->task, in, out);
		if (rc)
			return rc;
		if (!strncmp(in, "/..", 3))	/* it was moved out of its namespace's root */
			continue;
		n = strlen(out);
		m = in[1] ? strlen(in) : 0;
		if (n < m || strcmp(out + n - m, m ? in : ""))
			return -EIO;
		out[n - m] = '\0';
		return 0;
	}
	return -ENOENT;
}

static int cgroup_read(struct snap *s, void *obj, struct text *out)
{
	char *in = kmalloc(PATH_MAX, GFP_KERNEL), *root = kmalloc(PATH_MAX, GFP_KERNEL), *below = NULL;
	char *inner = cgroup_inner(s->cg, GFP_KERNEL);
	struct crfs_ns_cgroup c = { .root = { "/", 1 } };
	struct cns *n = obj;
	size_t len = inner && inner[1] ? strlen(inner) : 0;
	int rc = in && root && inner ? find_root(s, n->id, in, root) : -ENOMEM;

	if (rc == -ENOENT)
		snap_unsupported(s, -EOPNOTSUPP, ns_obj(s, n),
				 "no task in it is below its root: move one there");
	else if (!rc && (strncmp(root, inner, len) || (root[len] && root[len] != '/')))
		snap_unsupported(s, -EXDEV, ns_obj(s, n),
				 "its root %s is not below the container's cgroup: checkpoint that one",
				 root);
	else if (!rc && root[len])
		below = snap_printf(s, "%s", root + len);
	if (below)
		c.root = str_of(below);
	kfree(in);
	kfree(root);
	kfree(inner);
	text_section(out, &crfs_ns_cgroup_shape);
	text_rec(out, &crfs_ns_cgroup_shape, &c);
	return rc == -ENOENT ? 0 : rc;
}

const struct room res_ns_cgroup = {
	.name = "cgroup",
	.scope = PER_NS,
	.read = cgroup_read,
};
