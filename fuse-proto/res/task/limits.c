// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resource limits of a process, getrlimit(2).
 *
 * From /proc/<pid>/limits, which unlike prlimit(2) on a foreign task needs no right beyond reading
 * it. Put back by the task itself. RLIMIT_CPU counts from zero again, as CPU time is not carried.
 * Raising a hard limit needs CAP_SYS_RESOURCE, RLIMIT_NOFILE also a high enough fs.nr_open.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/limits.h>

#include "ask.h"
#include "proc.h"
#include "rooms.h"

/* The lines of fs/proc/base.c (lnames), in the order of RLIMIT_*. */
static const char *const lines[CRFS_NR_RLIMITS] = {
	"Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size",
	"Max resident set", "Max processes", "Max open files", "Max locked memory",
	"Max address space", "Max file locks", "Max pending signals", "Max msgqueue size",
	"Max nice priority", "Max realtime priority", "Max realtime timeout",
};

static uint64_t value(const char *p, char **end)
{
	p += strspn(p, " ");
	if (!strncmp(p, "unlimited", 9)) {
		*end = (char *)p + 9;
		return RLIM_INFINITY;
	}
	return strtoull(p, end, 10);
}

static int limits_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	char *text = proc_read(s->proc, NULL, "%d/limits", t->tid), *p, *end;
	struct crfs_limit l;
	int i;

	if (!text)
		return fail(s->err, -errno, "/proc/%d/limits", t->tid);
	text_section(out, &crfs_limits_shape);
	for (i = 0; i < CRFS_NR_RLIMITS; i++) {
		p = strstr(text, lines[i]);
		if (!p)
			continue;
		l.resource = i;
		l.soft = value(p + strlen(lines[i]), &end);
		l.hard = value(end, &end);
		text_rec(out, &crfs_limits_shape, &l);
	}
	free(text);
	return 0;
}

static bool may_raise(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	return !syscall(SYS_capget, &h, d) && d[0].effective >> CAP_SYS_RESOURCE & 1;
}

static void limits_check(struct image *im, struct iobj *o)
{
	struct rlimit own;
	size_t i, n;
	struct crfs_limit *l = image_recs(o, &res_task_limits, 0, &n);
	const char *name;

	for (i = 0; i < n; i++) {
		if (l[i].resource >= CRFS_NR_RLIMITS) {
			image_mismatch(im, -EINVAL, o->path, "limits: no resource %u", l[i].resource);
			continue;
		}
		name = crfs_rlimit_names[l[i].resource].name;
		if (i && l[i].resource <= l[i - 1].resource)
			image_mismatch(im, -EINVAL, o->path, "limits: %s stands twice or late", name);
		if (l[i].soft > l[i].hard)
			image_mismatch(im, -EINVAL, o->path, "limits: %s: soft above hard", name);
		if (getrlimit(l[i].resource, &own) || l[i].hard <= own.rlim_max || may_raise())
			continue;
		image_mismatch(im, -EPERM, o->path,
			       "limits: %s: hard limit above that of crfs: mount with CAP_SYS_RESOURCE or a higher limit",
			       name);
	}
}

static int limits_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	struct rlimit own;
	size_t i, n;
	struct crfs_limit *l = image_recs(o, &res_task_limits, 0, &n);

	(void)rs;
	(void)rt;
	for (i = 0; i < n; i++) {
		uint64_t want[2] = { l[i].soft, l[i].hard };

		if (!getrlimit(l[i].resource, &own) && own.rlim_cur == l[i].soft &&
		    own.rlim_max == l[i].hard)
			continue;
		tape_call(tape, "prlimit64", SYS_prlimit64, 0, l[i].resource,
			  tape_data(tape, want, sizeof(want)));
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_limits_shape, NULL };

const struct resource res_task_limits = {
	.name = "limits",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.phase = PHASE_SCHED,
	.read = limits_read,
	.check = limits_check,
	.put = limits_put,
};
