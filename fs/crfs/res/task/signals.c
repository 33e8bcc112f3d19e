// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of a thread: blocked mask, alternate stack, what is queued to it alone.
 *
 * In the middle of sigsuspend(2) or ppoll(2) the mask is the one to go back to, as the call is
 * made again. Where nothing is blocked or queued, and there is no stack, there is no file.
 */
#include <linux/sched/signal.h>

#include <crfs/res/task/signals.h>

#include "internal.h"

#define DISABLED SS_DISABLE

static int signals_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct task_struct *p = t->task;
	struct crfs_signals c = { .altstack_flags = DISABLED };
	int rows;

	c.blocked = (test_tsk_restore_sigmask(p) ? p->saved_sigmask : p->blocked).sig[0];
	if (p->sas_ss_size) {
		c.altstack_sp = p->sas_ss_sp;
		c.altstack_size = p->sas_ss_size;
		c.altstack_flags = p->sas_ss_flags & SS_AUTODISARM;
	}
	text_section(out, &crfs_signals_shape);
	text_rec(out, &crfs_signals_shape, &c);
	rows = queue_emit(s, t, false, out);
	if (rows < 0)
		return rows;
	if (!rows && !c.blocked && c.altstack_flags == DISABLED)
		text_free(out);
	return 0;
}

const struct room res_task_signals = {
	.name = "signals",
	.scope = PER_THREAD,
	.read = signals_read,
};
