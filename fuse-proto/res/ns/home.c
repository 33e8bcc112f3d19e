// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A container may have several namespaces of a kind. Each is made in the controller and kept as a
 * descriptor; the controller stays in those of the container's first task, where most are born. Whoever
 * shall be in others than who made it goes there by setns(2), before it makes children.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/status.h>

#include "home.h"
#include "proc.h"
#include "rooms.h"
#include "spawn.h"

static const struct {
	const char *name;
	const struct resource *room;
	int flag;
	size_t id;
} kinds[NR_HOME] = {
	[HOME_UTS] = { "uts", &res_ns_uts, CLONE_NEWUTS, offsetof(struct crfs_task_status, uts_ns) },
	[HOME_IPC] = { "ipc", &res_ns_ipc, CLONE_NEWIPC, offsetof(struct crfs_task_status, ipc_ns) },
	[HOME_NET] = { "net", &res_ns_net, CLONE_NEWNET, offsetof(struct crfs_task_status, net_ns) },
	[HOME_CGROUP] = { "cgroup", &res_ns_cgroup, CLONE_NEWCGROUP,
			  offsetof(struct crfs_task_status, cgroup_ns) },
	[HOME_MNT] = { "mnt", &res_ns_mnt, CLONE_NEWNS, offsetof(struct crfs_task_status, mnt_ns) },
};

int home_kind(const struct resource *room)
{
	int i;

	for (i = 0; i < NR_HOME; i++)
		if (kinds[i].room == room)
			return i;
	return -1;
}

const char *home_name(int kind)
{
	return kinds[kind].name;
}

int home_flag(int kind)
{
	return kinds[kind].flag;
}

unsigned int home_id(const struct crfs_task_status *st, int kind)
{
	return *(const __u32 *)((const char *)st + kinds[kind].id);
}

unsigned int home_of(const struct image *im, int kind)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK] && kind != HOME_CGROUP; i++) {
		st = image_status(&im->objs[IOBJ_TASK][i]);
		if (st->state != CRFS_TASK_ZOMBIE)
			return home_id(st, kind);
	}
	return 0;
}

static int open_own(struct restore *rs, int kind)
{
	return proc_open(rs->proc, O_RDONLY, "thread-self/ns/%s", kinds[kind].name);
}

int home_begin(struct restore *rs)
{
	int i;

	for (i = 0; i < NR_HOME; i++) {
		rs->base[i] = open_own(rs, i);
		/* A kernel may be without some of them. */
		if (rs->base[i] < 0 && rs->base[i] != -ENOENT)
			return fail(rs->err, rs->base[i], "/proc/thread-self/ns/%s", kinds[i].name);
	}
	return 0;
}

int home_enter(struct restore *rs, int kind, unsigned int id)
{
	const struct iobj *o = id ? image_obj(rs->im, IOBJ_NS, id) : NULL;
	int fd = o ? o->fd : rs->base[kind];

	return setns(fd, kinds[kind].flag) ? -errno : 0;
}

int home_made(struct restore *rs, struct iobj *o)
{
	int kind = home_kind(o->room), rc;
	const struct iobj *at;
	unsigned int home;

	if (kind < 0 || kind == HOME_CGROUP)
		return 0;
	if (o->fd < 0)
		o->fd = open_own(rs, kind);
	if (o->fd < 0)
		return fail_on(rs->err, o->fd, o->path, "keeping it");
	home = home_of(rs->im, kind);
	at = home ? image_obj(rs->im, IOBJ_NS, home) : NULL;
	rc = at != o ? home_enter(rs, kind, at && at->fd >= 0 ? home : 0) : 0;
	return rc ? fail_on(rs->err, rc, o->path, "leaving it") : 0;
}

/* Whose namespaces it has: of a leader that has exited, those of its threads, which are born from it. */
static const struct crfs_task_status *status_of(const struct rtask *rt)
{
	const struct rtask *t = rt;

	while (rt && rt->helper)
		rt = rt->birth->maker;
	for (t = rt; t && t->zombie; t = t->next_thread)
		;
	return t ? t->birth->st : rt ? rt->birth->st : NULL;
}

static unsigned int want(const struct restore *rs, const struct rtask *rt, int kind)
{
	const struct crfs_task_status *st = status_of(rt);

	/* A zombie has let go of its own, and makes nobody who would be born there. */
	if (st && st->state == CRFS_TASK_ZOMBIE)
		return want(rs, rt->birth->maker, kind);
	return st ? home_id(st, kind) : home_of(rs->im, kind);
}

bool home_moves(const struct restore *rs, const struct rtask *rt)
{
	int i;

	for (i = 0; i < NR_HOME; i++)
		if (want(rs, rt, i) != want(rs, rt->birth->maker, i))
			return true;
	return false;
}

void home_put(struct restore *rs, struct rtask *rt, struct tape *t)
{
	static const char *const what[NR_HOME] = { "setns(CLONE_NEWUTS)", "setns(CLONE_NEWIPC)",
						   "setns(CLONE_NEWNET)", "setns(CLONE_NEWCGROUP)",
						   "setns(CLONE_NEWNS)" };
	const struct iobj *o;
	unsigned int id;
	int i;

	for (i = 0; i < NR_HOME; i++) {
		id = want(rs, rt, i);
		if (id == want(rs, rt->birth->maker, i))
			continue;
		o = id ? image_obj(rs->im, IOBJ_NS, id) : NULL;
		tape_call(t, what[i], SYS_setns, o ? o->fd : rs->base[i], kinds[i].flag);
	}
}
