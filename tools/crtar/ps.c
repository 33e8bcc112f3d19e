// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar ps: the processes of a checkpoint, as a tree. */
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "lists.h"
#include "memory.h"
#include "table.h"

static const char *const keys[] = { "pid", "ppid", "pgid", "sid", "threads", "state", "bytes", "command", NULL };

#define ARGS_MAX 4096
#define DEPTH_MAX 200

static size_t threads(const struct look *l, unsigned int tgid)
{
	const struct crfs_task_status *st;
	size_t i, n = 0;

	for (i = 0; i < l->im.nr[IOBJ_TASK]; i++) {
		st = image_status(&l->im.objs[IOBJ_TASK][i]);
		n += st && st->tgid == tgid;
	}
	return n;
}

/* What it was called with, if the checkpoint has that memory; else its name, as ps(1) does it. */
static size_t command(const struct look *l, const struct crfs_task_status *st, const struct iobj *mm,
		      char *buf, size_t size)
{
	const struct crfs_mm_status *m = mm ? look_mm(mm) : NULL;
	uint64_t len = m && m->arg_end > m->arg_start ? m->arg_end - m->arg_start : 0;
	struct imem *mem = len ? imem_new(&l->im) : NULL;
	ssize_t i, n;

	n = mem ? imem_read(mem, mm, buf, len < size ? len : size, m->arg_start) : 0;
	imem_free(mem);
	while (n > 0 && !buf[n - 1])
		n--;
	if (n <= 0)
		return snprintf(buf, size, "[%.*s]", (int)st->comm.len, st->comm.p);
	for (i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = ' ';
	return n;
}

static void row(const struct look *l, struct table *t, const struct crfs_task_status *st, int depth)
{
	static const char *const states[] = { "alive", "stopped", "zombie" };
	const struct iobj *mm = st->mm ? image_obj(&l->im, IOBJ_MM, st->mm) : NULL;
	char buf[2 * DEPTH_MAX + ARGS_MAX + 64];
	int indent = t->json ? 0 : 2 * depth;

	table_num(t, st->tid);
	table_num(t, st->ppid);
	table_num(t, st->pgid);
	table_num(t, st->sid);
	table_num(t, threads(l, st->tgid));
	table_text(t, "%s", st->state < 3 ? states[st->state] : "");
	table_num(t, mm ? look_payload(mm) : 0);
	memset(buf, ' ', indent);
	table_str(t, buf, indent + command(l, st, mm, buf + indent, ARGS_MAX));
}

static void below(const struct look *l, struct table *t, unsigned int ppid, int depth)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < l->im.nr[IOBJ_TASK] && depth < DEPTH_MAX; i++) {
		st = image_status(&l->im.objs[IOBJ_TASK][i]);
		if (!st || st->tgid != st->tid || st->ppid != ppid || st->tid == ppid)
			continue;
		row(l, t, st, depth);
		below(l, t, st->tid, depth + 1);
	}
}

static void list_tasks(const struct look *l, struct table *t)
{
	below(l, t, 0, 0);
}

const struct list list_of_tasks = { keys, list_tasks };

static int run(const struct cmd *c, int argc, char **argv)
{
	return look_table(c, argc, argv, &list_of_tasks, memory_keep_args);
}

const struct cmd cmd_ps = {
	.name = "ps",
	.args = "[--json] CHECKPOINT",
	.what = "show the processes as a tree",
	.help = "      --json           for programs\n"
		"\nBYTES is the memory of its own that the checkpoint has.\n",
	.run = run,
};
