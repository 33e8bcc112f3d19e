// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Syscall user dispatch, prctl(2): system calls of a thread become SIGSYS for it, depending on where they are
 * made and on a byte in its memory.
 *
 * Read and put back by PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG and _SET_ (6.4). A tape is made of system calls:
 * while the thread plays one, what it has is stretched to let those of the player through (ask.c), and the
 * thread takes it back with its last call, if nobody else does. The kernel keeps an inclusive range (6.18) as what
 * is around it, a range that wraps.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <crfs/dispatch.h>

#include "ask.h"
#include "dispatch.h"
#include "rooms.h"

#ifndef PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define TASK_MAX 0x7ffffffff000ULL

static bool wraps(const struct dispatch *d)
{
	return crfs_dispatch_wraps(d->offset, d->len);
}

static struct dispatch to_set(const struct crfs_dispatch *c)
{
	return (struct dispatch){ c->mode, c->selector, c->offset, c->length };
}

/* As prctl(2) and ptrace(2) take it. */
static struct dispatch as_set(const struct dispatch *d)
{
	const struct crfs_dispatch c = crfs_dispatch_of(d->offset, d->len, d->selector);

	return to_set(&c);
}

const struct dispatch *dispatch_of(struct snap *s, const struct task *t)
{
	struct dispatch d = { 0 }, *p;

	if (ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, t->tid, sizeof(d), &d) < 0 || !d.mode)
		return NULL;
	p = pool_alloc(&s->scratch, sizeof(*p));
	if (p)
		*p = d;
	else
		snap_unsupported(s, -ENOMEM, task_name(s, t), "syscall user dispatch");
	return p;
}

struct tape_op *dispatch_prctl(const struct dispatch *d, struct tape *tape)
{
	struct dispatch v = as_set(d);

	return tape_call(tape, "prctl(PR_SET_SYSCALL_USER_DISPATCH)", SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH,
			 v.mode, v.offset, v.len, v.selector);
}

static int set(pid_t tid, const struct dispatch *d)
{
	struct dispatch v = as_set(d);

	return ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, tid, sizeof(v), &v) < 0 ? -errno : 0;
}

/* The kernel asks for the address behind the call: at @end at the most. */
static bool lets_through(const struct dispatch *d, uint64_t code, uint64_t end)
{
	return code - d->offset < d->len && end - d->offset < d->len &&
	       code - d->offset <= end - d->offset;
}

int dispatch_leave(const struct task *t, uint64_t code, uint64_t end)
{
	struct dispatch d = *t->dispatch;
	uint64_t from = d.len ? d.offset : code, to = d.len ? d.offset + d.len : end;

	if (lets_through(&d, code, end))
		return 0;
	if (wraps(&d))		/* the player stands in the range: all are let through meanwhile */
		from = 0, to = ~0ULL;
	d.offset = from < code ? from : code;
	d.len = (to > end ? to : end + 1) - d.offset;
	return set(t->tid, &d);
}

int dispatch_back(const struct task *t)
{
	return set(t->tid, t->dispatch);
}

static int dispatch_read(struct snap *s, void *obj, struct text *out)
{
	const struct task *t = obj;
	const struct dispatch *d = t->dispatch;
	struct crfs_dispatch c;

	(void)s;
	if (!d)
		return 0;
	c = crfs_dispatch_of(d->offset, d->len, d->selector);
	text_section(out, &crfs_dispatch_shape);
	text_rec(out, &crfs_dispatch_shape, &c);
	return text_failed(out) ? -ENOMEM : 0;
}

static void dispatch_check(struct image *im, struct iobj *o)
{
	const struct crfs_dispatch *c = image_rec(o, &res_task_dispatch, 0);

	if (!c)
		return;
	if ((c->mode != CRFS_DISPATCH_EXCLUSIVE && c->mode != CRFS_DISPATCH_INCLUSIVE) || c->selector >= TASK_MAX ||
	    (c->mode == CRFS_DISPATCH_INCLUSIVE ? !c->length || c->offset + c->length <= c->offset :
				    c->offset && c->offset + c->length <= c->offset))
		image_mismatch(im, -EINVAL, o->path, "dispatch: no such range or selector");
}

int dispatch_put(struct rtask *rt)
{
	const struct crfs_dispatch *c = image_rec(rt->o, &res_task_dispatch, 0);
	const struct dispatch d = c ? to_set(c) : (struct dispatch){ 0 };

	return c && ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, rt->pid, sizeof(d), &d) < 0 ? -errno : 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_dispatch_shape, NULL };

const struct resource res_task_dispatch = {
	.name = "dispatch",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.read = dispatch_read,
	.check = dispatch_check,
};
