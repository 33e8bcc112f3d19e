// SPDX-License-Identifier: GPL-2.0-only
/* Processes that are in another time namespace than the container's first task; most containers have none. */
#include <crfs/res/task/timens.h>

#include "internal.h"

static u32 first(const struct snap *s)
{
	size_t i = 0;

	while (i + 1 < s->nr_tasks && s->tasks[i].zombie)
		i++;
	return s->tasks[i].ns[NS_TIME];
}

static int timens_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj;
	const struct crfs_timens c = { .ns = t->ns[NS_TIME] };

	if (c.ns == first(s))
		return 0;
	text_section(out, &crfs_timens_shape);
	text_rec(out, &crfs_timens_shape, &c);
	return 0;
}

const struct room res_task_timens = {
	.name = "timens",
	.scope = PER_PROCESS,
	.read = timens_read,
};
