// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands against a checkpoint as images of CRIU: all that they have no place for, or that crtar
 * does not put there. A line each, before anything is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <crfs/res/fd/chardev.h>
#include <crfs/res/fd/dir.h>
#include <crfs/res/fd/regular.h>
#include <crfs/res/inode/pipe.h>
#include <crfs/res/inode/shm.h>
#include <crfs/res/mm/flags.h>
#include <crfs/res/root/header.h>
#include <crfs/res/task/attrs.h>
#include <crfs/res/task/process.h>
#include <crfs/res/task/sched.h>

#include "export.h"

#define NOT "images of CRIU have no place for it, or crtar does not put it there"
#define USUAL_FILTER 0x33	/* coredump_filter that a process begins with */

static void refuse(struct export *x, const struct iobj *o, const char *what)
{
	errlist_add(x->why, -EOPNOTSUPP, o->path, "%s: " NOT, what);
}

/* Files of a task or an address space that are put into images; what others say would be lost. */
static void check_rooms(struct export *x, const struct iobj *o)
{
	static const struct resource *const can[] = {
		&res_task_status, &res_task_regs, &res_task_creds, &res_task_limits, &res_task_sched,
		&res_task_attrs, &res_task_process, &res_task_sigactions, &res_task_signals,
		&res_task_sigpending, &res_task_fs, &res_fd_fds, &res_mm_status, &res_mm_maps, &res_mm_flags,
	};
	const struct irec *r;
	size_t i;

	for (r = o->recs; r; r = r->next) {
		for (i = 0; i < sizeof(can) / sizeof(*can) && can[i] != r->room; i++)
			;
		if (i == sizeof(can) / sizeof(*can))
			refuse(x, o, r->room->name);
	}
}

static void check_attrs(struct export *x, const struct iobj *o)
{
	const struct crfs_attrs *a = image_rec(o, &res_task_attrs, 0);
	const struct crfs_sched *s = image_rec(o, &res_task_sched, 0);
	const struct crfs_process *p = image_rec(o, &res_task_process, 0);

	if (a && (a->tsc != 1 || !a->cpuid || a->rseq_flags || a->mce_kill != 2))
		refuse(x, o, "attrs: tsc, cpuid, rseq_flags or mce_kill");
	if (s && (s->sched_flags || s->deadline_ns || s->period_ns || s->cpus.len || s->ioprio_class ||
		  s->ioprio_data || s->mempolicy || s->mempolicy_flags || s->io_flusher))
		refuse(x, o, "sched: more than policy, priority and nice");
	if (s && s->policy > 5)
		refuse(x, o, "sched: its policy");
	if (p && (p->autogroup_nice || p->children_pid_ns))
		refuse(x, o, "process: autogroup_nice or children_pid_ns");
}

static void check_task(struct export *x, const struct iobj *o, unsigned int *roots)
{
	const struct crfs_task_status *st = task_of(o);
	size_t n;

	if (!st)
		return;
	if (st->tid == st->tgid && !st->ppid && ++*roots == 2)
		refuse(x, o, "status: a second process without a parent");
	if (st->state != CRFS_TASK_ALIVE || st->stop_signal)
		refuse(x, o, "status: a task that does not run");
	if (st->pid_ns || st->mnt_ns || st->uts_ns || st->ipc_ns || st->net_ns || st->cgroup_ns || st->user_ns)
		refuse(x, o, "status: namespaces of its own");
	if (st->tid != st->tgid && (st->files == st->tid || st->fs == st->tid))
		refuse(x, o, "status: a thread with descriptors or directories of its own");
	if (!crfs_str_is(&st->cgroup, "/"))
		refuse(x, o, "status: a cgroup below the container's");
	if (st->tid == st->tgid && st->exit_signal != 17)
		refuse(x, o, "status: an exit_signal other than SIGCHLD");
	image_recs(o, &res_fd_fds, 1, &n);
	if (n)
		refuse(x, o, "fds: POSIX locks");
	check_attrs(x, o);
	check_rooms(x, o);
}

static void check_vma(struct export *x, const struct iobj *mm, const struct crfs_vma *v)
{
	const struct iobj *o = v->inode ? image_obj(x->im, IOBJ_INODE, v->inode) : NULL;
	char what[96];

	snprintf(what, sizeof(what), "maps: 0x%llx", (unsigned long long)v->start);
	if (v->kind == CRFS_VMA_HUGETLB || v->kind == CRFS_VMA_DROPPABLE || v->pkey || v->page ||
	    v->flags & (CRFS_VMA_LOCKONFAULT | CRFS_VMA_SEALED) || (v->kind == CRFS_VMA_ANON && v->path.len))
		refuse(x, mm, what);
	if (v->kind == CRFS_VMA_INODE && !(o && o->room == &res_inode_shm && v->flags & CRFS_VMA_SHARED))
		refuse(x, mm, what);
}

static void check_mm(struct export *x, const struct iobj *mm)
{
	const struct crfs_mm_status *m = image_rec(mm, &res_mm_status, 0);
	const struct crfs_mm_flags *f = image_rec(mm, &res_mm_flags, 0);
	size_t i, n, users = 0;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &n);

	for (i = 0; i < n; i++)
		check_vma(x, mm, &v[i]);
	image_recs(mm, &res_mm_maps, 2, &n);
	if (n)
		refuse(x, mm, "maps: guard regions");
	if (!m || m->mnt_ns || m->merge || m->lock_future || m->pkeys.len || !m->exe.len)
		refuse(x, mm, "status: merge, lock_future, pkeys, or no program");
	if (f && (f->mdwe || f->coredump_filter != USUAL_FILTER || f->dumpable > 1))
		refuse(x, mm, "flags: mdwe, coredump_filter or dumpable");
	for (i = 0; i < x->im->nr[IOBJ_TASK]; i++)
		users += task_of(&x->im->objs[IOBJ_TASK][i])->mm == mm->id &&
			 task_of(&x->im->objs[IOBJ_TASK][i])->tid == task_of(&x->im->objs[IOBJ_TASK][i])->tgid;
	if (users > 1)
		refuse(x, mm, "an address space of several processes");
	check_rooms(x, mm);
}

static bool can_file(const struct iobj *o)
{
	const struct crfs_fd_regular *r = image_rec(o, &res_fd_regular, 0);
	const struct crfs_fd_chardev *c = image_rec(o, &res_fd_chardev, 0);
	const struct crfs_fd_dir *d = image_rec(o, &res_fd_dir, 0);
	size_t n;

	if (o->room == &res_fd_regular) {
		image_recs(o, &res_fd_regular, 1, &n);
		return r && !r->mnt_ns && !n;
	}
	if (o->room == &res_fd_chardev) {
		image_recs(o, &res_fd_chardev, 1, &n);
		return c && !c->mnt_ns && !n && c->major == 1;
	}
	if (o->room == &res_fd_dir)
		return d && !d->mnt_ns && !d->inode;
	return o->room == &res_fd_pipe;
}

static void check_file(struct export *x, const struct iobj *o)
{
	const struct crfs_file *f = o->common;

	if (!can_file(o))
		refuse(x, o, o->room ? o->room->name : "its type");
	if (f && (f->owner_type || f->signal))
		refuse(x, o, "an owner, who is told by a signal");
}

static void check_inode(struct export *x, const struct iobj *o)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	const struct crfs_inode_shm *s = image_rec(o, &res_inode_shm, 0);
	size_t i, n;
	const struct crfs_pipe_run *r = image_recs(o, &res_inode_pipe, 1, &n);

	if (o->room != &res_inode_pipe && o->room != &res_inode_shm && o->room != &res_inode_vdso)
		refuse(x, o, o->room ? o->room->name : "its type");
	if (p && p->path.len)
		refuse(x, o, "a FIFO");
	if (s && s->page)
		refuse(x, o, "huge pages");
	for (i = 0; i < n; i++)
		if (r[i].packet) {
			refuse(x, o, "packets in a pipe");
			break;
		}
}

void export_check(struct export *x)
{
	const struct image *im = x->im;
	const struct crfs_header *h = im->nr[IOBJ_ROOT] ? image_rec(im->objs[IOBJ_ROOT], &res_root_header, 0) : NULL;
	unsigned int roots = 0;
	size_t i, n = 0;

	if (!h || !crfs_str_is(&h->arch, "x86_64") || !crfs_str_is(&h->state, "frozen"))
		errlist_add(x->why, -EOPNOTSUPP, "header", "not of a frozen x86_64 container: " NOT);
	if (im->nr[IOBJ_ROOT])
		image_recs(im->objs[IOBJ_ROOT], &res_root_cgroup, 0, &n);
	if (n)
		errlist_add(x->why, -EOPNOTSUPP, "cgroup", "cgroups and their limits: " NOT);
	for (i = 0; i < im->nr[IOBJ_TASK]; i++)
		check_task(x, &im->objs[IOBJ_TASK][i], &roots);
	for (i = 0; i < im->nr[IOBJ_MM]; i++)
		check_mm(x, &im->objs[IOBJ_MM][i]);
	for (i = 0; i < im->nr[IOBJ_FILE]; i++)
		check_file(x, &im->objs[IOBJ_FILE][i]);
	for (i = 0; i < im->nr[IOBJ_INODE]; i++)
		check_inode(x, &im->objs[IOBJ_INODE][i]);
	for (i = 0; i < im->nr[IOBJ_NS]; i++)
		refuse(x, &im->objs[IOBJ_NS][i], "a namespace");
}
