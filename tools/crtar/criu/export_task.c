// SPDX-License-Identifier: GPL-2.0-or-later
/* core-<tid>: registers, signals, credentials, limits of a thread; and of its process in the leader's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/mm/flags.h>
#include <crfs/res/task/attrs.h>
#include <crfs/res/task/creds.h>
#include <crfs/res/task/limits.h>
#include <crfs/res/task/process.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/sched.h>
#include <crfs/res/task/sigactions.h>
#include <crfs/res/task/signals.h>

#include "export.h"

#define LIMITS 16
#define SIGINFO 128
#define XSTATE_MAX (64 << 10)

#define MAKE(p, pool, init) \
	({ __typeof__(p) made_ = pool_alloc(pool, sizeof(*made_)); if (made_) init(made_); (p) = made_; made_; })

static int no_memory(struct export *x)
{
	return fail(&x->e, -ENOMEM, "memory for a message");
}

/*
 * CRIU sets registers as sigreturn(2) does: no kernel looks at them again and restarts a call. So the
 * call is made once more from its beginning; one that would need a restart block ends with EINTR.
 */
static void set_regs(Criu__Gpregs *g, const struct crfs_regs *r)
{
	int64_t ax = r->rax;

	*g = (Criu__Gpregs){
		.base = g->base, .r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12, .rbp = r->rbp,
		.rbx = r->rbx, .r11 = r->r11, .r10 = r->r10, .r9 = r->r9, .r8 = r->r8, .rax = r->rax,
		.rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi, .orig_rax = r->orig_rax,
		.rip = r->rip, .cs = r->cs, .eflags = r->eflags, .rsp = r->rsp, .ss = r->ss,
		.fs_base = r->fs_base, .gs_base = r->gs_base, .ds = r->ds, .es = r->es, .fs = r->fs, .gs = r->gs,
		.has_mode = true, .mode = 1,
	};
	if ((int64_t)r->orig_rax < 0)
		return;
	if (ax == -512 || ax == -513 || ax == -514) {
		g->rax = r->orig_rax;
		g->rip -= 2;
	} else if (ax == -516) {
		g->rax = -EINTR;
	}
}

static int set_segments(struct export *x, Criu__X86 *out)
{
	int i;

	out->segments = pool_alloc(&x->pool, 3 * sizeof(*out->segments));
	for (i = 0; out->segments && i < 3; i++) {	/* of 32-bit code: not in use */
		if (!MAKE(out->segments[i], &x->pool, criu__segment__init))
			return no_memory(x);
		out->segments[i]->entry = 12 + i;
		out->segments[i]->read_exec_only = out->segments[i]->not_present = true;
		out->n_segments++;
	}
	return out->segments ? 0 : no_memory(x);
}

static int set_x86(struct export *x, const struct iobj *o, Criu__X86 *out)
{
	const struct crfs_regs *r = image_rec(o, &res_task_regs, 0);
	const struct crfs_attrs *a = image_rec(o, &res_task_attrs, 0);
	struct node *n = tree_find(x->im->tree, o->node, "xstate");
	uint8_t *area = n && n->size > 0 && n->size <= XSTATE_MAX ? pool_alloc(&x->pool, n->size) : NULL;

	if (!r || !area || node_pread(n, area, n->size, 0) != n->size)
		return fail(&x->e, -ENODATA, "regs, xstate: read them: copy the checkpoint again");
	if (!MAKE(out->regs, &x->pool, criu__gpregs__init) || !MAKE(out->fpu, &x->pool, criu__fpregs__init))
		return no_memory(x);
	out->clear_tid = a ? a->clear_child_tid : 0;
	set_regs(out->regs, r);
	return xsave_to_criu(area, n->size, &x->pool, out->fpu, &x->e) ?: set_segments(x, out);
}

static int words(struct export *x, uint64_t mask, size_t *n, uint32_t **out)
{
	*out = pool_alloc(&x->pool, 2 * sizeof(**out));
	if (!*out)
		return no_memory(x);
	(*out)[0] = mask;
	(*out)[1] = mask >> 32;
	*n = 2;
	return 0;
}

static int set_creds(struct export *x, const struct crfs_creds *c, Criu__Creds *out)
{
	struct crfs_str list = c->groups;
	__u64 gid;

	out->uid = c->uid;
	out->gid = c->gid;
	out->euid = c->euid;
	out->egid = c->egid;
	out->suid = c->suid;
	out->sgid = c->sgid;
	out->fsuid = c->fsuid;
	out->fsgid = c->fsgid;
	out->securebits = c->securebits;
	out->has_no_new_privs = true;
	out->no_new_privs = c->no_new_privs;
	out->groups = pool_alloc(&x->pool, (list.len + 1) * sizeof(*out->groups));
	if (!out->groups)
		return no_memory(x);
	while (list.len && crfs_list_next(&list, &gid))
		out->groups[out->n_groups++] = gid;
	return words(x, c->cap_inheritable, &out->n_inheritable, &out->inheritable) ?:
	       words(x, c->cap_permitted, &out->n_permitted, &out->permitted) ?:
	       words(x, c->cap_effective, &out->n_effective, &out->effective) ?:
	       words(x, c->cap_bounding, &out->n_bounding, &out->bounding) ?:
	       words(x, c->cap_ambient, &out->n_ambient, &out->ambient);
}

static Criu__Queue *queue(struct export *x, const struct iobj *o, const struct resource *room, int section)
{
	Criu__Queue *q;
	size_t i, n;
	const struct crfs_siginfo *s = image_recs(o, room, section, &n);

	if (!MAKE(q, &x->pool, criu__queue__init))
		return NULL;
	q->all = pool_alloc(&x->pool, (n + 1) * sizeof(*q->all));
	for (i = 0; q->all && i < n; i++) {
		if (!MAKE(q->all[i], &x->pool, criu__signal__init))
			return NULL;
		q->all[i]->info.len = SIGINFO;
		q->all[i]->info.data = pool_alloc(&x->pool, SIGINFO);
		if (!q->all[i]->info.data)
			return NULL;
		memcpy(q->all[i]->info.data, s[i].info, sizeof(s[i].info));
		q->n_all++;
	}
	return q->all ? q : NULL;
}

static int set_signals(struct export *x, const struct iobj *o, Criu__Thread *t)
{
	const struct crfs_signals *s = image_rec(o, &res_task_signals, 0);

	t->has_blocked = true;
	t->blocked = s ? s->blocked : 0;
	t->pending = queue(x, o, &res_task_signals, 1);
	if (!MAKE(t->altstack, &x->pool, criu__altstack__init) || !t->pending)
		return no_memory(x);
	t->altstack->sp = s ? s->altstack_sp : 0;
	t->altstack->size = s ? s->altstack_size : 0;
	t->altstack->flags = s ? s->altstack_flags : 2;	/* SS_DISABLE */
	return 0;
}

static int set_thread(struct export *x, const struct iobj *o, Criu__Thread *t)
{
	const struct crfs_attrs *a = image_rec(o, &res_task_attrs, 0);
	const struct crfs_sched *s = of_thread(x, o, &res_task_sched, 0);
	const struct crfs_creds *c = of_thread(x, o, &res_task_creds, 0);

	t->robust_list = a ? a->robust_list : 0;
	t->robust_size = a ? a->robust_list_size : 0;
	t->has_nice = t->has_policy = t->has_pdeath_signal = true;
	t->nice = s ? s->nice : 0;
	t->policy = s ? s->policy : 0;
	t->has_priority = s && s->priority;
	t->priority = s ? s->priority : 0;
	t->pdeath_signal = a ? a->pdeath_signal : 0;
	t->comm = pool_str(&x->pool, task_of(o)->comm);
	if (!MAKE(t->creds, &x->pool, criu__creds__init) || !MAKE(t->rseq, &x->pool, criu__rseq__init))
		return no_memory(x);
	t->rseq->area = a ? a->rseq : 0;
	t->rseq->size = a ? a->rseq_size : 0;
	t->rseq->signature = a ? a->rseq_signature : 0;
	if (!c)
		return fail(&x->e, -ENODATA, "creds: there are none: copy the checkpoint again");
	return set_creds(x, c, t->creds) ?: set_signals(x, o, t);
}

static int set_limits(struct export *x, const struct iobj *o, Criu__Leader *l)
{
	size_t i, n;
	const struct crfs_limit *v = image_recs(o, &res_task_limits, 0, &n);

	if (!MAKE(l->limits, &x->pool, criu__limits__init))
		return no_memory(x);
	l->limits->all = pool_alloc(&x->pool, LIMITS * sizeof(*l->limits->all));
	for (i = 0; l->limits->all && i < LIMITS; i++) {
		if (!MAKE(l->limits->all[i], &x->pool, criu__limit__init))
			return no_memory(x);
		l->limits->all[i]->soft = l->limits->all[i]->hard = UINT64_MAX;
		l->limits->n_all++;
	}
	for (i = 0; l->limits->all && i < n; i++)
		if (v[i].resource < LIMITS) {
			l->limits->all[v[i].resource]->soft = v[i].soft;
			l->limits->all[v[i].resource]->hard = v[i].hard;
		}
	return l->limits->all ? 0 : no_memory(x);
}

/* Of all signals but SIGKILL and SIGSTOP; those of another task, if the table is that one's. */
static int set_actions(struct export *x, const struct iobj *o, Criu__Leader *l)
{
	const struct iobj *owner = image_obj(x->im, IOBJ_TASK, task_of(o)->sighand);
	const struct crfs_sigaction *v = NULL;
	Criu__Action *a;
	size_t i, n = 0;
	unsigned int sig;

	if (owner)
		v = image_recs(owner, &res_task_sigactions, 0, &n);
	l->actions = pool_alloc(&x->pool, CRIU_SIGNALS * sizeof(*l->actions));
	for (sig = 1; l->actions && sig <= CRIU_SIGNALS; sig++) {
		if (sig == 9 || sig == 19)
			continue;
		if (!MAKE(a, &x->pool, criu__action__init))
			return no_memory(x);
		l->actions[l->n_actions++] = a;
		for (i = 0; i < n && v[i].signal != sig; i++)
			;
		if (i == n)
			continue;
		a->handler = v[i].handler;
		a->flags = v[i].flags;
		a->mask = v[i].mask;
		a->restorer = v[i].restorer;
	}
	return l->actions ? 0 : no_memory(x);
}

static int set_timers(struct export *x, Criu__Leader *l)
{
	if (!MAKE(l->timers, &x->pool, criu__timers__init) ||
	    !MAKE(l->timers->real, &x->pool, criu__itimer__init) ||
	    !MAKE(l->timers->virt, &x->pool, criu__itimer__init) ||
	    !MAKE(l->timers->prof, &x->pool, criu__itimer__init))
		return no_memory(x);
	return 0;
}

static int set_leader(struct export *x, const struct iobj *o, Criu__Core *core)
{
	const struct crfs_task_status *st = task_of(o);
	const struct crfs_process *p = image_rec(o, &res_task_process, 0);
	const struct crfs_signals *s = image_rec(o, &res_task_signals, 0);
	const struct iobj *mm = image_obj(x->im, IOBJ_MM, st->mm);
	const struct crfs_mm_flags *f = mm ? image_rec(mm, &res_mm_flags, 0) : NULL;
	Criu__Leader *l;

	if (!MAKE(l, &x->pool, criu__leader__init))
		return no_memory(x);
	core->leader = l;
	l->state = 1;
	l->personality = st->personality;
	l->blocked = s ? s->blocked : 0;
	l->comm = pool_str(&x->pool, st->comm);
	l->has_oom_score_adj = l->has_child_subreaper = p != NULL;
	l->oom_score_adj = p ? p->oom_score_adj : 0;
	l->child_subreaper = p && p->child_subreaper;
	l->has_membarrier = f && f->membarrier;
	l->membarrier = f ? f->membarrier : 0;
	l->pending = queue(x, o, &res_task_sigpending, 0);
	if (!l->pending || !l->comm)
		return no_memory(x);
	return set_limits(x, o, l) ?: set_actions(x, o, l) ?: set_timers(x, l);
}

int export_core(struct export *x, const struct iobj *o)
{
	Criu__Core *core;
	struct img img;
	int r;

	if (!MAKE(core, &x->pool, criu__core__init) || !MAKE(core->x86, &x->pool, criu__x86__init) ||
	    !MAKE(core->thread, &x->pool, criu__thread__init))
		return no_memory(x);
	core->machine = 1;
	r = set_x86(x, o, core->x86) ?: set_thread(x, o, core->thread);
	if (!r && task_of(o)->tid == task_of(o)->tgid)
		r = set_leader(x, o, core);
	if (r < 0)
		return fail_on(&x->e, r, o->path, "put it into an image");
	r = img_create(&img, x->dir, CRIU_CORE, &x->e, "core-%u.img", o->id) ?: img_put(&img, core, &x->e);
	img_close(&img);
	return r;
}
