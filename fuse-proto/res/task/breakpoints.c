// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Breakpoints that the CPU has for a thread. Only a tracer sets them, and those of one that let go stay: the thread
 * gets SIGTRAP when it comes to one. Read and set by ptrace(2), as debug registers. Lost: whether they were
 * enabled as local or as global ones, which the kernel makes no difference of.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include <crfs/breakpoints.h>

#include "ask.h"
#include "rooms.h"
#include "segments.h"

#define NR CRFS_BREAKPOINTS
#define DR7 7
#define REG(n) offsetof(struct user, u_debugreg[n])
#define GLOBAL(n) (2UL << 2 * (n))
#define TASK_MAX 0x7ffffffff000ULL

struct asked {
	__u64 dr7, at[NR];
};

static const char key;

static void breakpoints_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a;
	unsigned long dr7;
	int i;

	(void)tape;
	errno = 0;
	dr7 = ptrace(PTRACE_PEEKUSER, t->tid, REG(DR7), 0);
	if (errno || !crfs_breakpoints_any(dr7))
		return;
	a = pool_alloc(&s->scratch, sizeof(*a));
	if (!a) {
		snap_unsupported(s, -ENOMEM, task_name(s, t), "its breakpoints");
		return;
	}
	a->dr7 = dr7;
	for (i = 0; i < NR; i++)
		a->at[i] = ptrace(PTRACE_PEEKUSER, t->tid, REG(i), 0);
	snap_note(s, t, &key, a);
}

static int breakpoints_read(struct snap *s, void *obj, struct text *out)
{
	const struct asked *a = snap_noted(obj, &key);

	(void)s;
	if (a)
		crfs_breakpoints_text(out, a->dr7, a->at);
	return text_failed(out) ? -ENOMEM : 0;
}

static int length_bits(unsigned int length)
{
	unsigned int i;

	for (i = 0; i < sizeof(crfs_breakpoint_lengths); i++)
		if (crfs_breakpoint_lengths[i] == length)
			return i;
	return -1;
}

static void breakpoints_check(struct image *im, struct iobj *o)
{
	size_t i, n;
	const struct crfs_breakpoint *c = image_recs(o, &res_task_breakpoints, 0, &n);

	for (i = 0; i < n; i++)
		if (c[i].number >= NR || (i && c[i].number <= c[i - 1].number) || c[i].address >= TASK_MAX ||
		    length_bits(c[i].length) < 0 || c[i].on > 3 || c[i].on == 2)
			image_mismatch(im, -EINVAL, o->path, "breakpoints: number %u stands twice or late, or is none",
				       c[i].number);
}

int breakpoints_put(struct rtask *rt)
{
	size_t i, n;
	const struct crfs_breakpoint *c = image_recs(rt->o, &res_task_breakpoints, 0, &n);
	unsigned long dr7 = 0;

	for (i = 0; i < n; i++) {
		if (ptrace(PTRACE_POKEUSER, rt->pid, REG(c[i].number), c[i].address))
			return -errno;
		dr7 |= GLOBAL(c[i].number) | (c[i].on | (unsigned long)length_bits(c[i].length) << 2)
						     << (16 + 4 * c[i].number);
	}
	return n && ptrace(PTRACE_POKEUSER, rt->pid, REG(DR7), dr7) ? -errno : 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_breakpoint_shape, NULL };

const struct resource res_task_breakpoints = {
	.name = "breakpoints",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.ask = breakpoints_ask,
	.read = breakpoints_read,
	.check = breakpoints_check,
};
