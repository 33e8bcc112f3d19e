// SPDX-License-Identifier: GPL-2.0-only
/* A UTS namespace: host name and NIS domain name. */
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include <crfs/res/ns/uts.h>

#include "internal.h"

static int names_of(const struct cns *n, struct new_utsname *u)
{
	int rc = -ESTALE;

	if (!n->task) {
		*u = container_of(n->held, struct uts_namespace, ns)->name;
		return 0;
	}
	task_lock(n->task->task);
	if (n->task->task->nsproxy) {
		*u = n->task->task->nsproxy->uts_ns->name;
		rc = 0;
	}
	task_unlock(n->task->task);
	return rc;
}

static int uts_read(struct snap *s, void *obj, struct text *out)
{
	struct new_utsname u = {};
	struct crfs_ns_uts c;
	int rc = names_of(obj, &u);

	if (rc)
		return rc;
	c.nodename = str_of(u.nodename);
	c.domainname = str_of(u.domainname);
	text_section(out, &crfs_ns_uts_shape);
	text_rec(out, &crfs_ns_uts_shape, &c);
	return 0;
}

const struct room res_ns_uts = {
	.name = "uts",
	.scope = PER_NS,
	.read = uts_read,
};
