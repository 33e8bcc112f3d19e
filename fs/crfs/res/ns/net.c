// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network namespace: looked at by the helper, with the code of the FUSE filesystem.
 *
 * What is in it is told by netlink and sysctls, to whoever is in it, and is compared with a new namespace, which
 * no module can make. The helper sees what stands still: the container is frozen, and what is left of it is the
 * kernel's own.
 */
#include <linux/pid.h>

#include "helper.h"
#include "res/ns/ns.h"

static const char *next(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', end - p);

	return nl ? nl + 1 : end;
}

/* "ENODATA ns/net-1: lost: ..." is a loss, any other line an obstacle. */
static void take_report(struct snap *s, const struct cns *n, const struct text *report)
{
	const char *p = report->w.buf, *end = p + report->w.len, *q;
	const char *lost = snap_printf(s, "ENODATA %s: lost: ", ns_obj(s, n));

	for (; lost && p < end; p = q) {
		q = next(p, end);
		text_bytes(q - p > strlen(lost) && !memcmp(p, lost, strlen(lost)) ? &s->lost : &s->unsupported,
			   p, q - p);
	}
}

static int result(struct snap *s, const struct cns *n, int rc)
{
	if (rc == -ERESTARTSYS || rc == -EINTR)
		return -EINTR;
	if (rc == -ENOMEM || (rc > 0 && rc >> 8 == ENOMEM))
		return -ENOMEM;
	if (rc < 0)
		snap_unsupported(s, rc, task_obj(s, n->task),
				 "net namespace of its own: running %s, which looks into it: install it, or name it: /sys/module/crfs/parameters/helper",
				 crfs_helper);
	else if (rc)
		snap_unsupported(s, -EIO, task_obj(s, n->task),
				 "net namespace of its own: %s could not look into it (%d)", crfs_helper,
				 rc >> 8 ?: rc);
	return rc ? 1 : 0;
}

static int net_read(struct snap *s, void *obj, struct text *out)
{
	struct cns *n = obj;
	struct run *r = run_new(s->mi->cred);
	char task[24], tid[24], id[24], *argv[] = { crfs_helper, "net", task, tid, id, NULL };
	int rc;

	if (!r)
		return -ENOMEM;
	snprintf(task, sizeof(task), "task=%d", pid_nr(task_pid(n->task->task)));
	snprintf(tid, sizeof(tid), "tid=%d", n->task->vtid);
	snprintf(id, sizeof(id), "id=%u", n->id);
	rc = result(s, n, run_program(r, argv));
	mutex_lock(&r->lock);
	if (!rc) {
		text_bytes(out, r->out.text.w.buf, r->out.text.w.len);
		take_report(s, n, &r->report.text);
		rc = r->out.text.failed || r->report.text.failed ? -ENOMEM : 0;
	}
	mutex_unlock(&r->lock);
	run_put(r);
	return min(rc, 0);
}

const struct room res_ns_net = {
	.name = "net",
	.scope = PER_NS,
	.read = net_read,
};
