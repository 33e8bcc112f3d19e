// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seccomp of a thread: strict mode, or the chain of filters it has installed or inherited.
 *
 * struct seccomp_filter is private to kernel/seccomp.c, and what gives it to a tracer is not
 * exported. So its beginning stands here once more (it is the same from 5.19 to 6.12), is read
 * without faulting, and believed only if the chain is as long as the task says and each
 * program looks like one: a kernel with another layout is refused, and never misread. A chain
 * that several tasks have stands with the first of them. A filter that asks a supervisor is
 * refused.
 */
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/seccomp.h>
#include <asm/unistd.h>

#include <crfs/seccomp.h>

#include "internal.h"

#define FILTERS_MAX 1024

struct filter_head {
	refcount_t refs, users;
	u8 log, wait_killable_recv;
	DECLARE_BITMAP(allow_native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(allow_compat, SECCOMP_ARCH_COMPAT_NR);
#endif
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
};

#define peek(to, from) copy_from_kernel_nofault(to, from, sizeof(*(to)))

/* The classic program that was installed, as the kernel keeps it for checkpoints. */
static bool program_of(const struct filter_head *f, struct sock_fprog_kern *fprog)
{
	struct bpf_prog prog;

	return !peek(&prog, f->prog) && prog.type == BPF_PROG_TYPE_UNSPEC && prog.orig_prog &&
	       !peek(fprog, prog.orig_prog) && fprog->len && fprog->len <= BPF_MAXINSNS;
}

/* How many filters and instructions there are. Return: false if it is not what it should be */
static bool measure(const struct task_struct *t, struct crfs_chain *c)
{
	const void *at = t->seccomp.filter;
	struct sock_fprog_kern fprog;
	struct filter_head f;

	for (; at && c->nr < FILTERS_MAX; at = f.prev) {
		if (peek(&f, (const struct filter_head *)at) || f.log > 1 ||
		    !program_of(&f, &fprog))
			return false;
		c->nr++;
		c->len += fprog.len;
	}
	return !at && c->nr && c->nr == atomic_read(&t->seccomp.filter_count);
}

/* The last one is the oldest and comes first. */
static bool fetch(const struct task_struct *t, struct crfs_chain *c)
{
	const void *at = t->seccomp.filter;
	size_t i = c->nr, len = c->len;
	struct sock_fprog_kern fprog;
	struct filter_head f;

	for (; i-- > 0; at = f.prev) {
		if (peek(&f, (const struct filter_head *)at) || !program_of(&f, &fprog) ||
		    fprog.len > len)
			return false;
		len -= fprog.len;
		if (copy_from_kernel_nofault(c->insns + len, fprog.filter,
					     fprog.len * sizeof(*c->insns)))
			return false;
		c->filters[i] = (struct crfs_seccomp_filter){
			.length = fprog.len, .flags = f.log ? SECCOMP_FILTER_FLAG_LOG : 0,
		};
	}
	return true;
}

/* The chain of @t, the same for all that have equal ones. Return: NULL: it cannot be told */
static struct crfs_chain *chain_of(struct snap *s, struct ctask *t)
{
	struct crfs_chain *c, *k, new = { .head = t->task->seccomp.filter };

	for (k = s->chains; k; k = k->next)
		if (k->head == new.head)
			return k;
	if (!measure(t->task, &new))
		return NULL;
	c = snap_alloc(s, sizeof(*c));
	new.filters = snap_alloc(s, new.nr * sizeof(*new.filters));
	new.insns = snap_alloc(s, new.len * sizeof(*new.insns));
	if (!c || !new.filters || !new.insns || !fetch(t->task, &new))
		return NULL;
	for (k = s->chains; k; k = k->next)
		if (crfs_chain_same(k, &new))
			return k;
	*c = new;
	c->next = s->chains;
	return s->chains = c;
}

static void name_supervised(struct snap *s, const struct ctask *t, const struct crfs_chain *c)
{
	if (crfs_chain_supervised(c))
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "a seccomp filter that asks a supervisor (SECCOMP_RET_USER_NOTIF), which cannot be carried yet");
}

static int seccomp_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct crfs_seccomp rec = { .mode = t->task->seccomp.mode };
	struct crfs_chain *c = NULL;

	if (!rec.mode)
		return 0;
	if (rec.mode == SECCOMP_MODE_FILTER) {
		c = chain_of(s, t);
		if (!c)
			snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
					 "seccomp filters: the kernel filesystem does not carry them on this kernel: use -t fuse.crfs");
	}
	if (c && c->owner) {
		rec.same = c->owner;
		c = NULL;
	} else if (c) {
		c->owner = t->vtid;
		name_supervised(s, t, c);
	}
	crfs_chain_text(out, &rec, c);
	return 0;
}

const struct room res_task_seccomp = {
	.name = "seccomp",
	.scope = PER_THREAD,
	.read = seccomp_read,
};
