// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notes of an ELF core, as the kernel writes them (fs/binfmt_elf.c) and gdb reads them.
 *
 * The thread that comes first is the one that gdb shows; the others follow by tid. xstate is the
 * XSAVE area as it stands in the checkpoint; its first 512 bytes are what NT_PRFPREG has.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include <crfs/res/task/creds.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/sched.h>
#include <crfs/res/task/signals.h>

#include "elfcore_notes.h"
#include "rooms.h"

#define FXSAVE 512
#define FILE_UNIT 4096ULL	/* of the offsets in NT_FILE */
#define XSTATE_MAX (64 << 10)

static void bytes(struct notes *n, const void *p, size_t len)
{
	size_t room = n->room ? n->room : 4096;
	char *more;

	while (room < n->len + len)
		room *= 2;
	if (room != n->room) {
		more = realloc(n->p, room);
		if (!more) {
			n->failed = true;
			return;
		}
		n->p = more;
		n->room = room;
	}
	if (len)
		memcpy(n->p + n->len, p, len);
	n->len += len;
}

static void align(struct notes *n)
{
	bytes(n, "\0\0\0", -n->len & 3);
}

static void note(struct notes *n, const char *name, int type, const void *p, size_t len)
{
	Elf64_Nhdr h = { .n_namesz = strlen(name) + 1, .n_descsz = len, .n_type = type };

	bytes(n, &h, sizeof(h));
	bytes(n, name, h.n_namesz);
	align(n);
	bytes(n, p, len);
	align(n);
}

static void set_regs(elf_gregset_t out, const struct crfs_regs *r)
{
	struct user_regs_struct u = {
		.rip = r->rip, .rsp = r->rsp, .rax = r->rax, .orig_rax = r->orig_rax,
		.rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi,
		.rbp = r->rbp, .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15, .eflags = r->eflags,
		.fs_base = r->fs_base, .gs_base = r->gs_base, .cs = r->cs, .ss = r->ss,
		.ds = r->ds, .es = r->es, .fs = r->fs, .gs = r->gs,
	};

	memcpy(out, &u, sizeof(u));
}

static uint64_t queued(const struct iobj *o, const struct resource *room, int section)
{
	size_t i, nr;
	const struct crfs_siginfo *s = image_recs(o, room, section, &nr);
	uint64_t mask = 0;

	for (i = 0; i < nr; i++)
		if (s[i].signal >= 1 && s[i].signal <= 64)
			mask |= 1ULL << (s[i].signal - 1);
	return mask;
}

static int prstatus(const struct notes_of *l, const struct iobj *o, struct notes *n, struct err *e)
{
	const struct crfs_task_status *st = image_status(o);
	const struct crfs_regs *r = image_rec(o, &res_task_regs, 0);
	const struct crfs_signals *s = image_rec(o, &res_task_signals, 0);
	const struct iobj *leader = image_obj(l->im, IOBJ_TASK, st->tgid);
	struct elf_prstatus p = { .pr_pid = st->tid };

	if (!r)
		return fail_on(e, -ENODATA, o->path, "its registers are not known: freeze the container");
	p.pr_cursig = p.pr_info.si_signo = st->stop_signal;
	p.pr_sigpend = queued(o, &res_task_signals, 1) |
		       (leader ? queued(leader, &res_task_sigpending, 0) : 0);
	p.pr_sighold = s ? s->blocked : 0;
	p.pr_ppid = st->ppid;
	p.pr_pgrp = st->pgid;
	p.pr_sid = st->sid;
	p.pr_fpvalid = 1;
	set_regs(p.pr_reg, r);
	note(n, "CORE", NT_PRSTATUS, &p, sizeof(p));
	return 0;
}

static int xstate(const struct notes_of *l, const struct iobj *o, struct notes *n, struct err *e)
{
	struct node *x = tree_find(l->im->tree, o->node, "xstate");
	char *buf = x && x->size >= FXSAVE && x->size <= XSTATE_MAX ? malloc(x->size) : NULL;
	int r = 0;

	if (buf && node_pread(x, buf, x->size, 0) == x->size) {
		note(n, "CORE", NT_PRFPREG, buf, FXSAVE);
		note(n, "LINUX", NT_X86_XSTATE, buf, x->size);
	} else {
		r = fail_on(e, -ENODATA, o->path, "xstate: read it");
	}
	free(buf);
	return r;
}

static void psinfo(const struct notes_of *l, const struct iobj *o, const struct iobj *mm, struct notes *n)
{
	const struct crfs_task_status *st = image_status(o);
	const struct crfs_creds *c = image_rec(o, &res_task_creds, 0);
	const struct crfs_sched *sched = image_rec(o, &res_task_sched, 0);
	const struct crfs_mm_status *m = image_rec(mm, &res_mm_status, 0);
	struct elf_prpsinfo p = { .pr_sname = 'S', .pr_pid = st->tid, .pr_ppid = st->ppid,
				  .pr_pgrp = st->pgid, .pr_sid = st->sid };
	ssize_t i, len;

	if (st->state == CRFS_TASK_STOPPED)
		p.pr_sname = 'T';
	p.pr_state = p.pr_sname == 'T' ? 3 : 1;
	p.pr_nice = sched ? sched->nice : 0;
	p.pr_uid = c ? c->uid : 0;
	p.pr_gid = c ? c->gid : 0;
	memcpy(p.pr_fname, st->comm.p, st->comm.len < 16 ? st->comm.len : 15);
	len = m && m->arg_end > m->arg_start ? m->arg_end - m->arg_start : 0;
	len = imem_read(l->mem, mm, p.pr_psargs, len < 79 ? len : 79, m ? m->arg_start : 0);
	for (i = 0; i + 1 < len; i++)
		if (!p.pr_psargs[i])
			p.pr_psargs[i] = ' ';
	note(n, "CORE", NT_PRPSINFO, &p, sizeof(p));
}

/* The signal that stopped it, or the first one that waits for it: $_siginfo */
static void siginfo(const struct notes_of *l, const struct iobj *o, struct notes *n)
{
	size_t nr;
	const struct crfs_siginfo *s = image_recs(o, &res_task_signals, 1, &nr);
	const struct iobj *leader = image_obj(l->im, IOBJ_TASK, image_status(o)->tgid);
	int si[32] = { image_status(o)->stop_signal };

	if (!nr && leader)
		s = image_recs(leader, &res_task_sigpending, 0, &nr);
	if (nr && !si[0])
		memcpy(si, s->info, sizeof(s->info));
	note(n, "CORE", NT_SIGINFO, si, sizeof(si));
}

static void auxv(const struct iobj *mm, struct notes *n)
{
	size_t i, nr;
	const struct crfs_auxv *a = image_recs(mm, &res_mm_status, 1, &nr);
	struct notes v = { .p = NULL };
	uint64_t pair[2];

	for (i = 0; i <= nr; i++) {
		pair[0] = i < nr ? a[i].type : AT_NULL;
		pair[1] = i < nr ? a[i].value : 0;
		bytes(&v, pair, sizeof(pair));
	}
	if (!v.failed)
		note(n, "CORE", NT_AUXV, v.p, v.len);
	n->failed |= v.failed;
	free(v.p);
}

/*
 * A row for each run of a mapping that the core has, or has not: gdb reads a row from the file in one
 * go, also where the core would know better.
 */
static uint64_t file_rows(const struct notes_of *l, const struct iobj *mm, const struct crfs_vma *v,
			  struct notes *rows, struct notes *names)
{
	uint64_t at, end, row[3], nr = 0;
	struct node *n;
	off_t off;

	for (at = v->start; at < v->end; at = end, nr++) {
		end = imem_run(l->mem, mm, at, &n, &off, NULL);
		row[0] = at;
		row[1] = end;
		row[2] = (v->offset + (at - v->start)) / FILE_UNIT;
		bytes(rows, row, sizeof(row));
		bytes(names, v->path.p, v->path.len);
		bytes(names, "", 1);
	}
	return nr;
}

/* How many, in what units; then where each is; then their names. */
static void files(const struct notes_of *l, const struct iobj *mm, struct notes *n)
{
	size_t i, nr;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &nr);
	struct notes all = { .p = NULL }, rows = { .p = NULL }, names = { .p = NULL };
	uint64_t head[2] = { 0, FILE_UNIT };

	for (i = 0; i < nr; i++)
		if (v[i].kind == CRFS_VMA_FILE && v[i].path.len)
			head[0] += file_rows(l, mm, &v[i], &rows, &names);
	bytes(&all, head, sizeof(head));
	bytes(&all, rows.p, rows.len);
	bytes(&all, names.p, names.len);
	n->failed |= all.failed || rows.failed || names.failed;
	if (!n->failed)
		note(n, "CORE", NT_FILE, all.p, all.len);
	free(all.p);
	free(rows.p);
	free(names.p);
}

static int first_thread(const struct notes_of *l, const struct iobj *o, struct notes *n, struct err *e)
{
	const struct crfs_task_status *st = image_status(o);
	const struct iobj *mm = image_obj(l->im, IOBJ_MM, st->mm), *leader = image_obj(l->im, IOBJ_TASK, st->tgid);
	int r = prstatus(l, o, n, e);

	if (r < 0)
		return r;
	psinfo(l, leader ? leader : o, mm, n);
	siginfo(l, o, n);
	auxv(mm, n);
	files(l, mm, n);
	return xstate(l, o, n, e);
}

int notes_make(const struct notes_of *l, const struct iobj *first, struct notes *n, struct err *e)
{
	const struct crfs_task_status *st;
	const struct iobj *o;
	int r = first_thread(l, first, n, e);
	size_t i;

	for (i = 0; i < l->im->nr[IOBJ_TASK] && !r; i++) {
		o = &l->im->objs[IOBJ_TASK][i];
		st = image_status(o);
		if (o == first || !st || st->tgid != image_status(first)->tgid ||
		    st->state == CRFS_TASK_ZOMBIE)
			continue;
		r = prstatus(l, o, n, e);
		if (!r)
			r = xstate(l, o, n, e);
	}
	return !r && n->failed ? fail(e, -ENOMEM, "memory for its notes") : r;
}
