// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Installing filters again, in their order.
 *
 * Behind them the task still has to play the rest of its tape: its tracer has set
 * PTRACE_O_SUSPEND_SECCOMP. Where all threads of a process have one chain, the first of them
 * installs it for all (SECCOMP_FILTER_FLAG_TSYNC), so that it is one again.
 * SECCOMP_FILTER_FLAG_SPEC_ALLOW (4.17) leaves speculation controls to attrs.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/seccomp.h>

#include "ask.h"
#include "rooms.h"
#include "seccomp.h"

static struct crfs_seccomp *rec_of(const struct iobj *o)
{
	return image_rec(o, &res_task_seccomp, 0);
}

static bool may(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	return !syscall(SYS_capget, &h, d) && d[0].effective >> CAP_SYS_ADMIN & 1;
}

static void check_chain(struct image *im, struct iobj *o)
{
	size_t i, n, nr, len = 0;
	const struct crfs_seccomp_filter *f = image_recs(o, &res_task_seccomp, 1, &n);

	image_recs(o, &res_task_seccomp, 2, &nr);
	for (i = 0; i < n; i++) {
		if (!f[i].length || f[i].length > BPF_MAXINSNS)
			image_mismatch(im, -EINVAL, o->path, "seccomp: a filter has 1 to %d instructions",
				       BPF_MAXINSNS);
		len += f[i].length;
	}
	if (len != nr || !n)
		image_mismatch(im, -EINVAL, o->path,
			       "seccomp: its filters have %zu instructions, %zu stand there", len, nr);
}

void seccomp_check(struct image *im, struct iobj *o)
{
	struct crfs_seccomp *c = rec_of(o), *other;
	struct iobj *owner;
	size_t n;

	if (!c || !c->mode)
		return;
	image_recs(o, &res_task_seccomp, 1, &n);
	if (c->mode == SECCOMP_MODE_FILTER && !c->same) {
		check_chain(im, o);
	} else if (n) {
		image_mismatch(im, -EINVAL, o->path, "seccomp: filters where there can be none");
	} else if (c->same) {
		owner = image_obj(im, IOBJ_TASK, c->same);
		other = owner ? rec_of(owner) : NULL;
		if (!other || other->mode != SECCOMP_MODE_FILTER || other->same ||
		    c->mode != SECCOMP_MODE_FILTER)
			image_mismatch(im, -EINVAL, o->path, "seccomp: tasks/%u has no filters", c->same);
	}
	if (c->mode != SECCOMP_MODE_STRICT && c->mode != SECCOMP_MODE_FILTER)
		image_mismatch(im, -EINVAL, o->path, "seccomp: mode is strict or filter");
	if (!may())
		image_mismatch(im, -EPERM, o->path, "seccomp: needs CAP_SYS_ADMIN: mount with it");
}

/* Whose chain @o has; 0: none. */
static unsigned int chain_of(const struct iobj *o)
{
	const struct crfs_seccomp *c = rec_of(o);

	return !c || c->mode != SECCOMP_MODE_FILTER ? 0 : c->same ? c->same : o->id;
}

static const struct rtask *first_alive(const struct rtask *leader)
{
	while (leader && leader->zombie)
		leader = leader->next_thread;
	return leader;
}

enum { UNKNOWN, TOGETHER, EACH };

/* Have all threads of @rt's process its chain? Found out once, and kept with the first. */
static bool together(const struct rtask *rt)
{
	const struct rtask *first = first_alive(rt->leader), *t;
	struct crfs_seccomp *c = first ? rec_of(first->o) : NULL;

	if (!c)
		return false;
	if (c->together == UNKNOWN) {
		c->together = first->next_thread ? TOGETHER : EACH;
		for (t = first->next_thread; t; t = t->next_thread)
			if (!t->zombie && chain_of(t->o) != chain_of(first->o))
				c->together = EACH;
	}
	return c->together == TOGETHER;
}

static void put_filter(struct tape *t, const struct crfs_seccomp_filter *f, const struct crfs_bpf *b,
		       unsigned long flags)
{
	struct sock_fprog prog = { .len = f->length };
	uint64_t at = tape_data(t, NULL, f->length * sizeof(struct sock_filter));
	struct sock_filter *insn;
	struct tape_op *op;
	size_t i;

	if (t->full)
		return;
	insn = tape_local(t, at);
	for (i = 0; i < f->length; i++)
		insn[i] = (struct sock_filter){ b[i].code, b[i].jt, b[i].jf, b[i].k };
	prog.filter = (void *)(uintptr_t)at;
	op = tape_call(t, "seccomp(SECCOMP_SET_MODE_FILTER)", SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       f->flags | flags, tape_data(t, &prog, sizeof(prog)));
	op->want = WANT_EXACT;	/* TSYNC returns the thread it fails for */
	op->expect = 0;
}

int seccomp_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	unsigned int owner = chain_of(o);
	const struct crfs_seccomp_filter *f;
	const struct crfs_bpf *b;
	size_t i, n, nr;

	if (!owner) {
		if (rec_of(o) && rec_of(o)->mode)
			tape_call(t, "prctl(PR_SET_SECCOMP)", SYS_prctl, PR_SET_SECCOMP,
				  SECCOMP_MODE_STRICT);
		return 0;
	}
	if (together(rt)) {
		if (first_alive(rt->leader) != rt)
			return 0;
		flags |= SECCOMP_FILTER_FLAG_TSYNC;
	}
	f = image_recs(image_obj(rs->im, IOBJ_TASK, owner), &res_task_seccomp, 1, &n);
	b = image_recs(image_obj(rs->im, IOBJ_TASK, owner), &res_task_seccomp, 2, &nr);
	for (i = 0; i < n; b += f[i++].length)
		put_filter(t, &f[i], b, flags);
	return 0;
}
