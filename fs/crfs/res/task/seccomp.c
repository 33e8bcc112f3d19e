// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seccomp of a thread. Strict mode is carried. Filters are not yet: struct seccomp_filter is private to
 * kernel/seccomp.c, and what gives it to a tracer is not exported; they are refused by name.
 */
#include <linux/sched.h>
#include <linux/seccomp.h>

#include <crfs/res/task/seccomp.h>

#include "internal.h"

static int seccomp_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct crfs_seccomp rec = { .mode = t->task->seccomp.mode };

	if (!rec.mode)
		return 0;
	if (rec.mode == SECCOMP_MODE_FILTER)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "seccomp filters: the kernel filesystem does not carry them yet: use -t fuse.crfs");
	text_section(out, &crfs_seccomp_shape);
	text_rec(out, &crfs_seccomp_shape, &rec);
	text_section(out, &crfs_seccomp_filter_shape);
	text_section(out, &crfs_bpf_shape);
	return 0;
}

const struct room res_task_seccomp = {
	.name = "seccomp",
	.scope = PER_THREAD,
	.read = seccomp_read,
};
