// SPDX-License-Identifier: GPL-2.0-or-later
/* tasks/<tid>: what the cores say of a process and its threads. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/format.h>
#include <crfs/res/task/attrs.h>
#include <crfs/res/task/creds.h>
#include <crfs/res/task/fs.h>
#include <crfs/res/task/limits.h>
#include <crfs/res/task/process.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/sched.h>
#include <crfs/res/task/sigactions.h>
#include <crfs/res/task/signals.h>
#include <crfs/res/task/status.h>

#include "import.h"

#define XSTATE_MAX 8192
#define SLACK 50000		/* timer_slack_ns: images have none */
#define XCOMP_PERM 0x1022	/* ARCH_GET_XCOMP_PERM */

static int one(struct import *x, struct node *dir, const char *name, const struct crfs_shape *s, const void *rec)
{
	struct text t = { .failed = false };

	text_section(&t, s);
	text_rec(&t, s, rec);
	return add_text(x, dir, name, &t);
}

/* The first process that has the same number: it is the owner. */
static unsigned int owner(const struct import *x, const struct process *p, size_t field)
{
	size_t i;
	uint32_t a, b;

	memcpy(&a, (const char *)p->ids + field, sizeof(a));
	for (i = 0; i < x->nr; i++) {
		memcpy(&b, (const char *)x->all[i].ids + field, sizeof(b));
		if (a == b)
			return x->all[i].p->pid;
	}
	return p->p->pid;
}

static int put_status(struct import *x, struct process *p, struct node *dir, unsigned int tid, const char *comm)
{
	const struct crfs_task_status st = {
		.tid = tid, .tgid = p->p->pid, .ppid = p->p->ppid, .pgid = p->p->pgid, .sid = p->p->sid,
		.nspid = str(pool_printf(x->pool, "%u", tid)), .nspgid = str(pool_printf(x->pool, "%u", p->p->pgid)),
		.nssid = str(pool_printf(x->pool, "%u", p->p->sid)), .state = CRFS_TASK_ALIVE,
		.exit_signal = tid == p->p->pid ? SIGCHLD : 0, .comm = str(comm),
		.personality = p->core->leader->personality, .mm = p->mm_id,
		.files = owner(x, p, offsetof(Criu__Ids, files)), .fs = owner(x, p, offsetof(Criu__Ids, fs)),
		.sighand = owner(x, p, offsetof(Criu__Ids, sighand)), .cgroup = str("/"),
	};

	return one(x, dir, "status", &crfs_task_status_shape, &st);
}

static int put_regs(struct import *x, struct node *dir, const Criu__X86 *c)
{
	const Criu__Gpregs *g = c->regs;
	const struct crfs_regs r = {
		.rip = g->rip, .rsp = g->rsp, .rax = g->rax, .orig_rax = g->orig_rax, .rbx = g->rbx, .rcx = g->rcx,
		.rdx = g->rdx, .rsi = g->rsi, .rdi = g->rdi, .rbp = g->rbp, .r8 = g->r8, .r9 = g->r9, .r10 = g->r10,
		.r11 = g->r11, .r12 = g->r12, .r13 = g->r13, .r14 = g->r14, .r15 = g->r15, .eflags = g->eflags,
		.fs_base = g->fs_base, .gs_base = g->gs_base, .cs = g->cs, .ss = g->ss, .ds = g->ds, .es = g->es,
		.fs = g->fs, .gs = g->gs,
	};
	uint8_t area[XSTATE_MAX];
	ssize_t len = xsave_from_criu(c->fpu, area, sizeof(area), &x->e);

	if (g->has_mode && g->mode != 1)
		return fail(&x->e, -EOPNOTSUPP, "a 32-bit task");
	return len < 0 ? (int)len : one(x, dir, "regs", &crfs_regs_shape, &r) ?: add_bytes(x, dir, "xstate", area, len);
}

/* What a thread may set about speculation is what a new one has: that of ours. */
static unsigned int speculation(int which)
{
	int r = prctl(PR_GET_SPECULATION_CTRL, which, 0, 0, 0);

	return r < 0 ? 0 : r;
}

static int put_attrs(struct import *x, struct node *dir, const Criu__Core *c)
{
	const Criu__Thread *t = c->thread;
	const struct crfs_attrs a = {
		.pdeath_signal = t->pdeath_signal, .clear_child_tid = c->x86->clear_tid, .robust_list = t->robust_list,
		.robust_list_size = t->robust_size, .rseq = t->rseq ? t->rseq->area : 0,
		.rseq_size = t->rseq ? t->rseq->size : 0, .rseq_signature = t->rseq ? t->rseq->signature : 0,
		.tsc = 1, .cpuid = 1, .mce_kill = 2, .spec_store_bypass = speculation(PR_SPEC_STORE_BYPASS),
		.spec_indirect_branch = speculation(PR_SPEC_INDIRECT_BRANCH),
		.spec_l1d_flush = speculation(PR_SPEC_L1D_FLUSH),
	};

	return one(x, dir, "attrs", &crfs_attrs_shape, &a);
}

static uint64_t mask_of(size_t n, const uint32_t *words)
{
	return (n > 0 ? words[0] : 0) | (n > 1 ? (uint64_t)words[1] << 32 : 0);
}

static int put_creds(struct import *x, struct node *dir, const Criu__Creds *c)
{
	struct text list = { .failed = false };
	struct crfs_creds r = {
		.uid = c->uid, .euid = c->euid, .suid = c->suid, .fsuid = c->fsuid,
		.gid = c->gid, .egid = c->egid, .sgid = c->sgid, .fsgid = c->fsgid,
		.cap_inheritable = mask_of(c->n_inheritable, c->inheritable),
		.cap_permitted = mask_of(c->n_permitted, c->permitted),
		.cap_effective = mask_of(c->n_effective, c->effective),
		.cap_bounding = mask_of(c->n_bounding, c->bounding), .cap_ambient = mask_of(c->n_ambient, c->ambient),
		.securebits = c->securebits, .no_new_privs = c->no_new_privs,
	};
	size_t i;
	int ret;

	for (i = 0; i < c->n_groups; i++)
		text_list(&list, c->groups[i]);
	r.groups = c->n_groups ? text_str(&list) : str("");
	ret = one(x, dir, "creds", &crfs_creds_shape, &r);
	text_free(&list);
	return ret;
}

static int put_sched(struct import *x, struct node *dir, const Criu__Thread *t)
{
	bool real_time = t->policy == 1 || t->policy == 2;
	const struct crfs_sched s = {
		.policy = t->policy, .priority = t->priority, .nice = t->nice,
		.timer_slack_ns = real_time ? 0 : SLACK, .cpus = str(""), .mempolicy_nodes = str(""),
	};

	return one(x, dir, "sched", &crfs_sched_shape, &s);
}

static void put_queue(struct import *x, struct text *t, const Criu__Queue *q)
{
	struct crfs_siginfo s;
	size_t i, k;

	for (i = 0; q && i < q->n_all; i++) {
		const ProtobufCBinaryData *d = &q->all[i]->info;

		s = (struct crfs_siginfo){ .signal = 0 };
		for (k = sizeof(s.info); k < d->len && !d->data[k]; k++)
			;
		if (d->len < sizeof(s.info) || k < d->len) {
			refuse(x, "core", "a signal with more than the kernel says of it");
			return;
		}
		memcpy(s.info, d->data, sizeof(s.info));
		memcpy(&s.signal, s.info, sizeof(s.signal));
		memcpy(&s.code, s.info + 8, sizeof(s.code));
		text_rec(t, &crfs_siginfo_shape, &s);
	}
}

static int put_signals(struct import *x, struct node *dir, const Criu__Core *c)
{
	const Criu__Thread *t = c->thread;
	const Criu__Altstack *a = t->altstack;
	const struct crfs_signals s = {
		.blocked = t->has_blocked ? t->blocked : c->leader ? c->leader->blocked : 0,
		.altstack_sp = a ? a->sp : 0, .altstack_size = a ? a->size : 0,
		.altstack_flags = (a ? a->flags : 2) & ~1U,	/* SS_ONSTACK follows from the stack */
	};
	struct text text = { .failed = false };

	if (!s.blocked && s.altstack_flags == 2 && !(t->pending && t->pending->n_all))
		return 0;
	text_section(&text, &crfs_signals_shape);
	text_rec(&text, &crfs_signals_shape, &s);
	text_section(&text, &crfs_siginfo_shape);
	put_queue(x, &text, t->pending);
	return add_text(x, dir, "signals", &text);
}

static int put_limits(struct import *x, struct node *dir, const Criu__Limits *l)
{
	struct text t = { .failed = false };
	struct crfs_limit r;

	text_section(&t, &crfs_limits_shape);
	for (r.resource = 0; l && r.resource < l->n_all; r.resource++) {
		r.soft = l->all[r.resource]->soft;
		r.hard = l->all[r.resource]->hard;
		text_rec(&t, &crfs_limits_shape, &r);
	}
	return add_text(x, dir, "limits", &t);
}

static int put_actions(struct import *x, struct node *dir, const Criu__Leader *l)
{
	struct text t = { .failed = false };
	struct crfs_sigaction a;
	unsigned int sig, i = 0;

	text_section(&t, &crfs_sigactions_shape);
	for (sig = 1; sig <= CRIU_SIGNALS && i < l->n_actions; sig++) {
		if (sig == 9 || sig == 19)
			continue;
		a = (struct crfs_sigaction){ .signal = sig, .handler = l->actions[i]->handler,
					     .flags = l->actions[i]->flags, .mask = l->actions[i]->mask,
					     .restorer = l->actions[i]->restorer };
		i++;
		if (a.handler || a.flags || a.mask || a.restorer)
			text_rec(&t, &crfs_sigactions_shape, &a);
	}
	return add_text(x, dir, "sigactions", &t);
}

static int put_pending(struct import *x, struct node *dir, const Criu__Queue *q)
{
	struct text t = { .failed = false };

	if (!q || !q->n_all)
		return 0;
	text_section(&t, &crfs_siginfo_shape);
	put_queue(x, &t, q);
	return add_text(x, dir, "sigpending", &t);
}

static int put_process(struct import *x, struct node *dir, const Criu__Leader *l)
{
	struct crfs_process r = { .child_subreaper = l->child_subreaper, .oom_score_adj = l->oom_score_adj };
	uint64_t perm = 0;

	syscall(SYS_arch_prctl, XCOMP_PERM, &perm);
	r.xcomp_perm = perm;
	return one(x, dir, "process", &crfs_process_shape, &r);
}

static int put_fs(struct import *x, struct node *dir, const Criu__Fs *f)
{
	const char *cwd = file_path(x, f->cwd), *root = file_path(x, f->root);
	const struct crfs_fs r = { .umask = f->umask, .cwd = str(cwd), .root = str(root) };

	if (!cwd || !root)
		return fail(&x->e, -EBADMSG, "fs: its directories are not in files.img");
	return one(x, dir, "fs", &crfs_fs_shape, &r);
}

static bool runs(const Criu__Itimer *t)
{
	return t->interval_s || t->interval_us || t->value_s || t->value_us;
}

static void check(struct import *x, const char *name, const Criu__Core *c)
{
	const Criu__Leader *l = c->leader;

	if (c->machine != 1 || !c->x86 || !c->thread)
		fail_on(&x->e, -EOPNOTSUPP, name, "not of an x86-64 task");
	else if (c->thread->seccomp || (l && l->seccomp))
		refuse(x, name, "seccomp");
	if (l && l->state != 1)
		refuse(x, name, "a task that does not run");
	if (l && l->timers && (runs(l->timers->real) || runs(l->timers->virt) || runs(l->timers->prof) || l->timers->n_posix))
		refuse(x, name, "timers");
	if (c->thread && c->thread->creds && c->thread->creds->lsm_profile)
		refuse(x, name, "a profile of a security module");
}

static int put_thread(struct import *x, struct process *p, const Criu__Core *c, unsigned int tid, struct node *dir)
{
	const Criu__Thread *t = c->thread;
	const char *comm = t->comm ? t->comm : p->core->leader->comm;

	return put_status(x, p, dir, tid, comm) ?: put_regs(x, dir, c->x86) ?: put_attrs(x, dir, c) ?:
	       put_signals(x, dir, c);
}

/* A thread has its own of what is not that of its process. */
static int put_differing(struct import *x, struct node *dir, struct node *leader)
{
	static const char *const names[] = { "creds", "sched" };
	struct node *a, *b;
	size_t i;

	for (i = 0; i < 2; i++) {
		a = tree_find(x->t, dir, names[i]);
		b = tree_find(x->t, leader, names[i]);
		if (a && b && a->size == b->size && !memcmp(a->text, b->text, a->size))
			tree_remove(x->t, a);
	}
	return 0;
}

static int put_one(struct import *x, struct process *p, unsigned int tid, struct node *leader, struct node **out)
{
	Criu__Core *c = tid == p->p->pid ? p->core : message(x, CRIU_CORE, &criu__core__descriptor, "core-%u.img", tid);
	char name[32];
	struct node *dir;
	int r;

	snprintf(name, sizeof(name), "core-%u.img", tid);
	if (c)
		check(x, name, c);
	if (x->e.code)
		return x->e.code;
	snprintf(name, sizeof(name), "%u", tid);
	*out = dir = tree_dir(x->t, tree_dir(x->t, tree_root(x->t), CRFS_TASKS), name);
	if (!dir)
		return fail(&x->e, -ENOMEM, "memory for a task");
	r = put_thread(x, p, c, tid, dir);
	if (!r && c->thread->creds)
		r = put_creds(x, dir, c->thread->creds);
	if (!r)
		r = put_sched(x, dir, c->thread);
	if (!r && leader)
		r = put_differing(x, dir, leader);
	return r < 0 ? fail_on(&x->e, r, name, "convert the task") : 0;
}

int import_task(struct import *x, struct process *p)
{
	struct node *dir, *other;
	unsigned int pid = p->p->pid;
	size_t i;
	int r;

	if (!p->core->leader)
		return fail_on(&x->e, -EBADMSG, "core", "it is not that of a process");
	r = put_one(x, p, pid, NULL, &dir);
	if (!r)
		r = put_limits(x, dir, p->core->leader->limits) ?: put_process(x, dir, p->core->leader) ?:
		    put_pending(x, dir, p->core->leader->pending);
	if (!r && owner(x, p, offsetof(Criu__Ids, sighand)) == pid)
		r = put_actions(x, dir, p->core->leader);
	if (!r && owner(x, p, offsetof(Criu__Ids, fs)) == pid)
		r = put_fs(x, dir, p->fs);
	if (!r && owner(x, p, offsetof(Criu__Ids, files)) == pid)
		r = import_fds(x, p, dir);
	if (!r && owner(x, p, offsetof(Criu__Ids, vm)) != pid)
		refuse(x, "pstree.img", "an address space of several processes");
	for (i = 0; i < p->p->n_threads && !r; i++)
		if (p->p->threads[i] != pid)
			r = put_one(x, p, p->p->threads[i], dir, &other);
	return r;
}
