// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signal actions of a process (of whoever shares the table: CLONE_SIGHAND).
 *
 * /proc/<pid>/status has masks of what is caught and ignored only; handler, flags, mask and
 * restorer the task says itself, by rt_sigaction(2). A row for each signal whose action is not plain
 * SIG_DFL: flags and mask stay with a default action, and SA_NOCLDWAIT means something there.
 *
 * Put back before any signal is queued: setting an action that ignores a signal throws away those
 * that are, even blocked ones (kernel/signal.c, do_sigaction()).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/sigactions.h>

#include "ask.h"
#include "rooms.h"

#define NR_SIGNALS 64

/* arch/x86/include/uapi/asm/signal.h, as the system call has it */
struct kernel_sigaction {
	uint64_t handler, flags, restorer, mask;
};

struct asked {
	unsigned int first;
	uint64_t acts;		/* struct kernel_sigaction [NR_SIGNALS] on the tape */
};

static const char key;

static bool fixed(int sig)
{
	return sig == SIGKILL || sig == SIGSTOP;
}

static void sigactions_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));
	int sig;

	if (!a)
		return;
	a->first = tape->nr_ops;
	a->acts = tape_data(tape, NULL, NR_SIGNALS * sizeof(struct kernel_sigaction));
	for (sig = 1; sig <= NR_SIGNALS; sig++)
		if (!fixed(sig))
			ask(tape, SYS_rt_sigaction, sig, 0,
			    a->acts + (sig - 1) * sizeof(struct kernel_sigaction), 8);
	snap_note(s, t, &key, a);
}

static int sigactions_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);
	const struct kernel_sigaction *k;
	int sig, n = 0;

	if (!a)
		return fail(s->err, -ENOMEM, "sigactions");
	text_section(out, &crfs_sigactions_shape);
	k = tape_local(t->tape, a->acts);
	for (sig = 1; sig <= NR_SIGNALS; sig++, k++) {
		struct crfs_sigaction c = { sig, k->handler, k->flags, k->mask, k->restorer };

		if (fixed(sig) || !(k->handler | k->flags | k->mask | k->restorer))
			continue;
		text_rec(out, &crfs_sigactions_shape, &c);
		n++;
	}
	if (!n && !text_failed(out))
		text_free(out);
	return 0;
}

static void sigactions_check(struct image *im, struct iobj *o)
{
	size_t i, n;
	struct crfs_sigaction *c = image_recs(o, &res_task_sigactions, 0, &n);

	for (i = 0; i < n; i++)
		if (c[i].signal < 1 || c[i].signal > NR_SIGNALS || fixed(c[i].signal) ||
		    (i && c[i].signal <= c[i - 1].signal))
			image_mismatch(im, -EINVAL, o->path,
				       "sigactions: signal %u stands twice or late, or has no action",
				       c[i].signal);
}

static bool plain_here(int sig)
{
	struct kernel_sigaction k = { 0 };

	return syscall(SYS_rt_sigaction, sig, NULL, &k, 8) ||
	       !(k.handler | k.flags | k.mask | k.restorer);
}

static int sigactions_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	size_t i = 0, n;
	struct crfs_sigaction *c = image_recs(o, &res_task_sigactions, 0, &n);
	int sig;

	(void)rs;
	(void)rt;
	for (sig = 1; sig <= NR_SIGNALS; sig++) {
		struct kernel_sigaction k = { 0 };

		if (i < n && c[i].signal == (unsigned int)sig) {
			k = (struct kernel_sigaction){ c[i].handler, c[i].flags, c[i].restorer,
						       c[i].mask };
			i++;
		} else if (fixed(sig) || plain_here(sig)) {
			continue;
		}
		tape_call(tape, "rt_sigaction", SYS_rt_sigaction, sig,
			  tape_data(tape, &k, sizeof(k)), 0, 8);
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_sigactions_shape, NULL };

const struct resource res_task_sigactions = {
	.name = "sigactions",
	.scope = PER_SIGHAND,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_FDS,
	.ask = sigactions_ask,
	.read = sigactions_read,
	.check = sigactions_check,
	.put = sigactions_put,
};
