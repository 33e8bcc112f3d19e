// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A checkpoint as a directory of images, for criu restore.
 *
 * One tree of processes in the namespaces of whoever restores: memory, registers, signals, credentials,
 * limits, regular files, directories, /dev/null and its like, pipes, shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <crfs/res/inode/shm.h>
#include <crfs/res/root/header.h>

#include "export.h"

/* The namespaces of all are the restorer's: the same numbers everywhere say so. */
static void set_namespaces(Criu__Ids *ids)
{
	ids->has_pid_ns = ids->has_net_ns = ids->has_ipc_ns = ids->has_uts_ns = true;
	ids->has_mnt_ns = ids->has_user_ns = ids->has_cgroup_ns = ids->has_time_ns = true;
	ids->pid_ns = 1;
	ids->net_ns = 2;
	ids->ipc_ns = 3;
	ids->uts_ns = 4;
	ids->time_ns = 5;
	ids->mnt_ns = 6;
	ids->user_ns = 7;
	ids->cgroup_ns = 8;
}

static int one(struct export *x, uint32_t kind, const char *name, const void *msg)
{
	struct img img;
	int r = img_create(&img, x->dir, kind, &x->e, "%s", name) ?: img_put(&img, msg, &x->e);

	img_close(&img);
	return r;
}

static int put_inventory(struct export *x)
{
	Criu__Inventory inv = CRIU__INVENTORY__INIT;
	Criu__Ids ids = CRIU__IDS__INIT;

	ids.vm = ids.files = ids.fs = ids.sighand = 1;
	set_namespaces(&ids);
	inv.version = 2;
	inv.has_fdinfo_per_id = inv.fdinfo_per_id = true;
	inv.has_ns_per_id = inv.ns_per_id = true;
	inv.has_lsm = true;
	inv.root = &ids;
	return one(x, CRIU_INVENTORY, "inventory.img", &inv);
}

static int put_clocks(struct export *x)
{
	const struct crfs_header *h = image_rec(x->im->objs[IOBJ_ROOT], &res_root_header, 0);
	Criu__Time mono = CRIU__TIME__INIT, boot = CRIU__TIME__INIT;
	Criu__Clocks c = CRIU__CLOCKS__INIT;

	mono.s = h->monotonic_ns / 1000000000;
	mono.ns = h->monotonic_ns % 1000000000;
	boot.s = h->boottime_ns / 1000000000;
	boot.ns = h->boottime_ns % 1000000000;
	c.monotonic = &mono;
	c.boottime = &boot;
	return one(x, CRIU_TIMENS, "timens-0.img", &c);
}

static int put_process(struct export *x, struct img *img, const struct iobj *o)
{
	const struct crfs_task_status *st = task_of(o), *t;
	Criu__Process p = CRIU__PROCESS__INIT;
	size_t i;

	p.pid = st->tid;
	p.ppid = st->ppid;
	p.pgid = st->pgid;
	p.sid = st->sid;
	p.threads = pool_alloc(&x->pool, x->im->nr[IOBJ_TASK] * sizeof(*p.threads));
	if (!p.threads)
		return fail(&x->e, -ENOMEM, "memory for threads");
	p.threads[p.n_threads++] = st->tid;
	for (i = 0; i < x->im->nr[IOBJ_TASK]; i++) {
		t = task_of(&x->im->objs[IOBJ_TASK][i]);
		if (t->tgid == st->tid && t->tid != st->tid)
			p.threads[p.n_threads++] = t->tid;
	}
	return img_put(img, &p, &x->e);
}

/* Parents stand before their children. */
static int put_below(struct export *x, struct img *img, unsigned int ppid)
{
	const struct iobj *o;
	size_t i;
	int r = 0;

	for (i = 0; i < x->im->nr[IOBJ_TASK] && !r; i++) {
		o = &x->im->objs[IOBJ_TASK][i];
		if (task_of(o)->tid == task_of(o)->tgid && task_of(o)->ppid == ppid && o->id != ppid)
			r = put_process(x, img, o) ?: put_below(x, img, o->id);
	}
	return r;
}

static int put_ids(struct export *x, const struct iobj *o)
{
	const struct crfs_task_status *st = task_of(o);
	Criu__Ids ids = CRIU__IDS__INIT;
	char name[32];

	ids.vm = st->mm;
	ids.files = st->files;
	ids.fs = st->fs;
	ids.sighand = st->sighand;
	set_namespaces(&ids);
	snprintf(name, sizeof(name), "ids-%u.img", o->id);
	return one(x, CRIU_IDS, name, &ids);
}

static int put_fs(struct export *x, const struct iobj *o)
{
	const struct iobj *owner = image_obj(x->im, IOBJ_TASK, task_of(o)->fs);
	const struct crfs_fs *f = owner ? image_rec(owner, &res_task_fs, 0) : NULL;
	Criu__Fs fs = CRIU__FS__INIT;
	char name[32];

	if (!f || f->cwd_inode)
		return fail_on(&x->e, -EOPNOTSUPP, o->path, "fs: a directory that was removed");
	fs.cwd = export_path(x, f->cwd, O_DIRECTORY, NULL);
	fs.root = export_path(x, f->root, O_DIRECTORY, NULL);
	fs.has_umask = true;
	fs.umask = f->umask;
	snprintf(name, sizeof(name), "fs-%u.img", o->id);
	return fs.cwd && fs.root ? one(x, CRIU_FS, name, &fs) : fail(&x->e, -ENOMEM, "memory for a path");
}

static int put_task(struct export *x, const struct iobj *o)
{
	const struct crfs_task_status *st = task_of(o);
	const struct iobj *mm = image_obj(x->im, IOBJ_MM, st->mm);
	int r = export_core(x, o);

	if (r < 0 || st->tid != st->tgid)
		return r;
	if (!mm)
		return fail_on(&x->e, -ENOENT, o->path, "status: mm %u: there is no such", st->mm);
	r = put_ids(x, o) ?: put_fs(x, o) ?: export_mm(x, o, mm);
	return r || st->files != st->tid ? r : export_fds(x, o);
}

static int put_all(struct export *x)
{
	struct img img;
	size_t i;
	int r = put_inventory(x) ?: put_clocks(x);

	if (!r) {
		r = img_create(&img, x->dir, CRIU_PSTREE, &x->e, "pstree.img") ?: put_below(x, &img, 0);
		img_close(&img);
	}
	for (i = 0; i < x->im->nr[IOBJ_TASK] && !r; i++)
		r = put_task(x, &x->im->objs[IOBJ_TASK][i]);
	for (i = 0; i < x->im->nr[IOBJ_INODE] && !r; i++)
		if (x->im->objs[IOBJ_INODE][i].room == &res_inode_shm)
			r = export_shm(x, &x->im->objs[IOBJ_INODE][i]);
	return r ?: export_pipes(x) ?: export_files(x);
}

int criu_export(struct image *im, int dir, struct errlist *why)
{
	struct export x = { .im = im, .mem = imem_new(im), .why = why, .dir = dir, .next_pages = 1 };

	x.next_file = im->nr[IOBJ_FILE] ? im->objs[IOBJ_FILE][im->nr[IOBJ_FILE] - 1].id + 1 : 1;
	if (!x.mem)
		fail(&x.e, -ENOMEM, "memory for it");
	else
		export_check(&x);
	if (!why->first && !x.e.code)
		put_all(&x);
	if (x.e.code)
		errlist_take(why, &x.e);
	imem_free(x.mem);
	pool_free(&x.pool);
	return why->first;
}
