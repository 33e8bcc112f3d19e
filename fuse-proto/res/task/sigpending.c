// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals queued to a process as a whole, for whichever thread takes them first; see queue.c.
 *
 * Where nothing is queued there is no file.
 */
#include <stdlib.h>

#include <crfs/res/task/sigpending.h>

#include "queue.h"
#include "rooms.h"

static void sigpending_ask(struct snap *s, struct task *t, struct tape *tape)
{
	(void)tape;
	queue_ask(s, t, true);
}

static int sigpending_read(struct snap *s, void *obj, struct text *out)
{
	if (!queue_emit(s, obj, true, out) && !text_failed(out))
		text_free(out);
	return 0;
}

static void sigpending_check(struct image *im, struct iobj *o)
{
	queue_check(im, o, &res_task_sigpending, 0);
}

static int sigpending_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	(void)rs;
	(void)o;
	queue_put(rt, &res_task_sigpending, 0, tape);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_siginfo_shape, NULL };

const struct resource res_task_sigpending = {
	.name = "sigpending",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_SIGNALS,
	.ask = sigpending_ask,
	.read = sigpending_read,
	.check = sigpending_check,
	.put = sigpending_put,
};
