// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals of a thread: blocked mask, alternate stack, what is queued to it alone.
 *
 * The mask is what PTRACE_GETSIGMASK gave at the freeze: in the middle of sigsuspend(2) or ppoll(2)
 * that is the one to go back to, as the call is made again. The alternate stack the thread says
 * itself. The mask is put back with the registers; the queue (queue.c) while all is blocked. Where
 * nothing is blocked or queued, and there is no stack, there is no file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "ask.h"
#include "queue.h"
#include "rooms.h"
#include "signals.h"

struct asked {
	unsigned int altstack, pending;
	uint64_t stack, mask;
};

static const char key;

static void signals_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	queue_ask(s, t, false);
	if (!a)
		return;
	a->stack = tape_data(tape, NULL, sizeof(stack_t));
	a->altstack = ask(tape, SYS_sigaltstack, 0, a->stack);
	a->mask = tape_data(tape, NULL, 8);
	a->pending = ask(tape, SYS_rt_sigpending, a->mask, 8);
	snap_note(s, t, &key, a);
}

uint64_t signals_came(const struct task *t)
{
	const struct asked *a = snap_noted(t, &key);
	const struct queue *own = queue_of(t, false), *shared = queue_of(t->leader, true);
	uint64_t before = (own ? own->pending : 0) | (shared ? shared->pending : 0);

	return a && t->tape ? ask_u64(t, a->pending, a->mask, 0) & ~before : 0;
}

static int signals_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);
	struct crfs_signals c = { .blocked = t->sigmask, .altstack_flags = SS_DISABLE };
	const stack_t *st;

	if (!a)
		return fail(s->err, -ENOMEM, "signals");
	st = tape_local(t->tape, a->stack);
	if (!ask_ret(t, a->altstack) && !(st->ss_flags & SS_DISABLE)) {
		c.altstack_sp = (uintptr_t)st->ss_sp;
		c.altstack_size = st->ss_size;
		c.altstack_flags = st->ss_flags & ~(SS_ONSTACK | SS_DISABLE);
	}
	text_section(out, &crfs_signals_shape);
	text_rec(out, &crfs_signals_shape, &c);
	if (!queue_emit(s, t, false, out) && !c.blocked && c.altstack_flags == SS_DISABLE &&
	    !text_failed(out))
		text_free(out);
	return 0;
}

static void signals_check(struct image *im, struct iobj *o)
{
	queue_check(im, o, &res_task_signals, 1);
}

static int signals_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	const struct crfs_signals *c = image_rec(o, &res_task_signals, 0);
	stack_t st = { 0 };

	(void)rs;
	if (c && !(c->altstack_flags & SS_DISABLE)) {
		st.ss_sp = (void *)(uintptr_t)c->altstack_sp;
		st.ss_size = c->altstack_size;
		st.ss_flags = c->altstack_flags;
		tape_call(tape, "sigaltstack", SYS_sigaltstack, tape_data(tape, &st, sizeof(st)));
	}
	queue_put(rt, &res_task_signals, 1, tape);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_signals_shape, &crfs_siginfo_shape, NULL };

const struct resource res_task_signals = {
	.name = "signals",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_SIGNALS,
	.ask = signals_ask,
	.read = signals_read,
	.check = signals_check,
	.put = signals_put,
};
