// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Can this tree be restored here? References first, since everything else follows them, then the
 * rooms, each for what it knows; nothing is made.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/task/status.h>

#include "external.h"
#include "image_check.h"
#include "rooms.h"
#include "spawn.h"

#define ZOMBIE_PATIENCE 500

#define AGAIN "copy the checkpoint again"

static const struct crfs_task_status *status_of(const struct image *im, unsigned int tid)
{
	const struct iobj *o = image_obj(im, IOBJ_TASK, tid);

	return o ? image_status(o) : NULL;
}

static void bad(struct image *im, const struct iobj *o, const char *key, unsigned int value,
		const char *why)
{
	image_mismatch(im, -EINVAL, o->path, "status: %s %u: %s: " AGAIN, key, value, why);
}

/* Tables belong to the first task that has them, and that task names itself. */
static void check_table(struct image *im, const struct iobj *o, const char *key, unsigned int owner)
{
	const struct crfs_task_status *st = status_of(im, owner);

	if (!st)
		bad(im, o, key, owner, "there is no such task");
	else if (owner > o->id || st->state == CRFS_TASK_ZOMBIE)
		bad(im, o, key, owner, "it cannot own it");
}

static void check_owner(struct image *im, const struct iobj *o, const struct crfs_task_status *st)
{
	const struct crfs_task_status *w;

	check_table(im, o, "files", st->files);
	check_table(im, o, "fs", st->fs);
	check_table(im, o, "sighand", st->sighand);
	w = status_of(im, st->files);
	if (w && w->files != st->files)
		bad(im, o, "files", st->files, "that task has it from another");
	w = status_of(im, st->fs);
	if (w && w->fs != st->fs)
		bad(im, o, "fs", st->fs, "that task has it from another");
	w = status_of(im, st->sighand);
	if (w && (w->sighand != st->sighand || w->mm != st->mm))
		bad(im, o, "sighand", st->sighand, "that task has it from another, or another mm");
}

/* The numbers of a group or session @id in the task's @levels namespaces */
static void check_numbers(struct image *im, const struct iobj *o, const char *key, struct crfs_str list, __u32 id,
			  unsigned int levels)
{
	unsigned int n = 0;
	__u64 pid;

	for (; crfs_list_next(&list, &pid); n++)
		if (pid > 0x7fffffff || (!n && pid != id))
			bad(im, o, key, pid, "not a pid that can be here");
	if (n != levels)
		bad(im, o, key, n, "not as many as in nspid");
}

static void check_pids(struct image *im, const struct iobj *o, const struct crfs_task_status *st)
{
	struct crfs_str list = st->nspid;
	unsigned int n = 0;
	__u64 pid;

	for (; crfs_list_next(&list, &pid); n++)
		if (!pid || pid > 0x7fffffff || (!n && pid != st->tid))
			bad(im, o, "nspid", pid, "not a pid that can be here");
	if (!n || n > SPAWN_LEVELS)
		bad(im, o, "nspid", n, "as many pids");
	check_numbers(im, o, "nspgid", st->nspgid, st->pgid, n);
	check_numbers(im, o, "nssid", st->nssid, st->sid, n);
}

static bool stops(unsigned int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void check_state(struct image *im, const struct iobj *o, const struct crfs_task_status *st)
{
	bool zombie = st->state == CRFS_TASK_ZOMBIE;
	unsigned int sig = st->exit_code & 0x7f;

	if (st->exit_code > 0xffff || (!zombie && st->exit_code) || sig == 0x7f ||
	    (sig && st->exit_code >> 8) || stops(sig) || (zombie && sig >= 65))
		bad(im, o, "exit_code", st->exit_code, "no task ends like that");
	if (st->exit_signal > 64 || (st->tid != st->tgid && st->exit_signal))
		bad(im, o, "exit_signal", st->exit_signal, "no task has it");
	if (st->stop_signal && !(st->state == CRFS_TASK_STOPPED && stops(st->stop_signal)) &&
	    !(st->state == CRFS_TASK_ALIVE && st->stop_signal == SIGCONT && st->tid == st->tgid))
		bad(im, o, "stop_signal", st->stop_signal, "does not belong to its state");
	if (st->comm.len > 15)
		bad(im, o, "comm", st->comm.len, "bytes, and there is room for 15");
	if (zombie && st->tid != st->tgid)
		bad(im, o, "tgid", st->tgid, "a thread that is a zombie");
}

static void check_relatives(struct image *im, const struct iobj *o, const struct crfs_task_status *st)
{
	const struct crfs_task_status *w = status_of(im, st->tgid);

	if (!w || w->tgid != st->tgid) {
		bad(im, o, "tgid", st->tgid, "there is no such process");
	} else if (w != st) {
		if (w->ppid != st->ppid || w->sid != st->sid || w->pgid != st->pgid)
			bad(im, o, "ppid", st->ppid, "ppid, sid or pgid are not those of its process");
		if (w->state != CRFS_TASK_ZOMBIE && (w->mm != st->mm || w->sighand != st->sighand))
			bad(im, o, "mm", st->mm, "mm or sighand are not those of its process");
	}
	w = st->ppid ? status_of(im, st->ppid) : NULL;
	if (st->ppid && (!w || w->tgid != st->ppid || st->ppid == st->tgid))
		bad(im, o, "ppid", st->ppid, "there is no such process");
	if (st->sid == st->tid && st->tid == st->tgid && st->pgid != st->tid)
		bad(im, o, "pgid", st->pgid, "a session's leader leads its process group");
	if ((st->sid > 0x7fffffff || st->pgid > 0x7fffffff))
		bad(im, o, "sid", st->sid, "not a pid that can be here");
}

bool image_is_cgroup(struct crfs_str path)
{
	return path.len && path.p[0] == '/' && path.len <= 2000 && !memchr(path.p, 0, path.len) &&
	       !memmem(path.p, path.len, "/.", 2) && (path.len == 1 || path.p[path.len - 1] != '/');
}

static void check_cgroup(struct image *im, const struct iobj *o, struct crfs_str path)
{
	if (!image_is_cgroup(path))
		image_mismatch(im, -EINVAL, o->path, "status: cgroup: not a path below the cgroup: " AGAIN);
}

static void check_ns(struct image *im, const struct iobj *o, const char *key, unsigned int id,
		     const struct resource *room)
{
	const struct iobj *n = id ? image_obj(im, IOBJ_NS, id) : NULL;

	if (id && (!n || n->room != room))
		bad(im, o, key, id, "it is not in ns/");
}

static void check_namespaces(struct image *im, const struct iobj *o, const struct crfs_task_status *st)
{
	check_ns(im, o, "pid_ns", st->pid_ns, &res_ns_pid);
	check_ns(im, o, "mnt_ns", st->mnt_ns, &res_ns_mnt);
	check_ns(im, o, "uts_ns", st->uts_ns, &res_ns_uts);
	check_ns(im, o, "ipc_ns", st->ipc_ns, &res_ns_ipc);
	check_ns(im, o, "net_ns", st->net_ns, &res_ns_net);
	check_ns(im, o, "cgroup_ns", st->cgroup_ns, &res_ns_cgroup);
	check_ns(im, o, "user_ns", st->user_ns, &res_ns_user);
}

static void check_task(struct image *im, const struct iobj *o)
{
	const struct crfs_task_status *st = image_status(o);

	check_pids(im, o, st);
	check_state(im, o, st);
	check_relatives(im, o, st);
	if (st->state == CRFS_TASK_ZOMBIE) {
		if (st->mm || st->files || st->fs || st->sighand)
			bad(im, o, "mm", st->mm, "a zombie shares nothing");
		return;
	}
	if (!image_obj(im, IOBJ_MM, st->mm))
		bad(im, o, "mm", st->mm, "it is not in mms/");
	check_namespaces(im, o, st);
	check_owner(im, o, st);
	check_cgroup(im, o, st->cgroup);
}

static void check_unused(struct image *im)
{
	size_t i, k;
	bool *used = pool_alloc(&im->pool, im->nr[IOBJ_MM] + 1);

	for (i = 0; used && i < im->nr[IOBJ_TASK]; i++) {
		const struct crfs_task_status *st = image_status(&im->objs[IOBJ_TASK][i]);
		struct iobj *mm = image_obj(im, IOBJ_MM, st->mm);

		if (mm)
			used[mm - im->objs[IOBJ_MM]] = true;
	}
	for (k = 0; used && k < im->nr[IOBJ_MM]; k++)
		if (!used[k])
			image_mismatch(im, -EINVAL, im->objs[IOBJ_MM][k].path,
				       "no task has it: " AGAIN);
}

static unsigned int pid_max(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	unsigned int n = 32768;

	if (f && fscanf(f, "%u", &n) != 1)
		n = 32768;
	if (f)
		fclose(f);
	return n;
}

/* A number is taken by a task, or by a session or process group whose leader is dead. */
static bool taken(pid_t pid)
{
	return !kill(pid, 0) || errno != ESRCH || !kill(-pid, 0) || errno != ESRCH;
}

/* Is it only a zombie that someone is about to wait for? The container may just have been killed. */
static bool zombie(pid_t pid)
{
	char line[256] = "", name[32];
	const char *p;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = fopen(name, "re");
	p = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;	/* its name may have a ) */
	if (f)
		fclose(f);
	return p && p[1] && (p[2] == 'Z' || p[2] == 'X');
}

/* A number without a task may be that of a group, of zombies too. @patience: how often more to look, 10 ms apart, whatever number of pids is waited for */
static bool taken_for_good(pid_t pid, unsigned int *patience)
{
	struct timespec nap = { .tv_nsec = 10000000 };

	while (taken(pid)) {
		if (!*patience || (!kill(pid, 0) && !zombie(pid)))
			return true;
		--*patience;
		nanosleep(&nap, NULL);
	}
	return false;
}

static void check_free(const struct plan *p)
{
	unsigned int max = pid_max(), patience = ZOMBIE_PATIENCE;
	size_t i;

	for (i = 0; i < p->nr_order; i++) {
		const struct rtask *rt = p->order[i];
		pid_t pid = rt->birth->pids[0];
		const char *path = rt->helper ? "tasks" : rt->o->path;

		if ((unsigned int)pid >= max)
			image_mismatch(p->im, -EINVAL, path,
				       "pid %d: the limit here is %u: raise kernel.pid_max", pid, max);
		else if (p->level && pid == 1)
			image_mismatch(p->im, -EEXIST, path, "pid 1 is the init's");
		else if (p->level && taken_for_good(pid, &patience))
			image_mismatch(p->im, -EEXIST, path,
				       rt->helper ? "session or process group %d is taken: end who is in it"
						  : "pid %d is taken: end that process, or restore elsewhere", pid);
	}
}

/* Every room for every object that it speaks of, also where its file is left out. */
static void check_obj(struct image *im, struct iobj *o)
{
	const struct resource *const *r;

	if (o->room) {
		if (o->room->check)
			o->room->check(im, o);
		return;
	}
	for (r = resources; *r; r++)
		if ((*r)->check && image_belongs(*r, o))
			(*r)->check(im, o);
}

/* Everything in the tree is there because something else refers to it; the rooms have looked. */
static void check_wanted(struct image *im, enum iobj_kind kind)
{
	size_t i;

	for (i = 0; i < im->nr[kind]; i++)
		if (!im->objs[kind][i].wanted)
			image_mismatch(im, -EINVAL, im->objs[kind][i].path,
				       "nothing refers to it: remove it, and its line in the manifest");
}

static void check_rooms(struct image *im)
{
	int kind;
	size_t i;

	for (kind = 0; kind < NR_IOBJ; kind++)
		for (i = 0; i < im->nr[kind]; i++)
			check_obj(im, &im->objs[kind][i]);
}

int image_relate(struct image *im, struct plan *p)
{
	unsigned int before = im->why->count;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++)
		check_task(im, &im->objs[IOBJ_TASK][i]);
	if (im->why->count == before)
		check_unused(im);
	if (im->why->count != before)
		return im->why->first;
	return plan_make(im, p);
}

int image_plan(struct image *im, struct plan *p)
{
	unsigned int before = im->why->count;

	*p = (struct plan){ .im = NULL };
	if (!image_relate(im, p))
		check_free(p);
	else if (!p->im)
		return im->why->first;
	external_check_names(im);
	check_rooms(im);
	if (im->why->count == before) {
		check_wanted(im, IOBJ_FILE);
		check_wanted(im, IOBJ_INODE);
		check_wanted(im, IOBJ_NS);
	}
	return im->why->count == before ? 0 : im->why->first;
}

int image_check(struct image *im)
{
	struct plan p;

	return image_plan(im, &p);
}
