// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pid namespace: which one it lies in, and its init.
 *
 * Its processes are the tasks whose status names it; their numbers in it are in nspid. The init is
 * the task that is 1 there; a namespace whose init is outside the container cannot be made again
 * and is refused. Its parent is asked for with NS_GET_PARENT (4.9). Lost: the last pid given
 * (ns_last_pid), so that new processes may get numbers sooner; nothing may rely on it. Made by
 * clone3(2) of the init with CLONE_NEWPID, when the tasks are made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <crfs/res/ns/pid.h>
#include <crfs/res/task/status.h>

#include "ns.h"
#include "pid_sysctl.h"
#include "proc.h"
#include "rooms.h"

/* Inode number of the namespace that @t's pid namespace lies in; 0 if it cannot be told. */
static uint64_t parent_ino(struct snap *s, const struct task *t)
{
	int up, fd = proc_open(s->proc, O_RDONLY, "%d/ns/pid", t->tid);
	struct stat st = { 0 };

	if (fd < 0)
		return 0;
	up = ioctl(fd, NS_GET_PARENT);
	close(fd);
	if (up < 0)
		return 0;
	if (fstat(up, &st))
		st.st_ino = 0;
	close(up);
	return st.st_ino;
}

/* The last number of NSpid: the pid in the task's own namespace. */
static long inner_pid(const struct task *t)
{
	const char *p = snap_status(t, "NSpid");
	char *end;
	long pid = 0, n;

	for (; p; p = end) {
		n = strtol(p, &end, 10);
		if (end == p)
			break;
		pid = n;
		if (*end == '\n')
			break;
	}
	return pid;
}

static int pid_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj, *up;
	struct crfs_ns_pid c = { 0 };
	size_t i;

	up = ns_by_ino(s, "pid", parent_ino(s, n->task));
	c.parent = up ? up->id : 0;
	for (i = 0; i < s->nr_tasks && !c.init; i++)
		if (ns_id(s, &s->tasks[i], "pid") == n->id && inner_pid(&s->tasks[i]) == 1)
			c.init = s->tasks[i].vtid;
	if (!c.init)
		snap_unsupported(s, -EXDEV, snap_obj(s, "tasks", n->task->vtid),
				 "its pid namespace's first process is not in the cgroup: checkpoint the cgroup that holds it");
	text_section(out, &crfs_ns_pid_shape);
	text_rec(out, &crfs_ns_pid_shape, &c);
	pid_sysctls_read(s, n, out);
	return 0;
}

static void pid_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_pid *c = image_rec(o, &res_ns_pid, 0);

	if (c && !image_obj(im, IOBJ_TASK, c->init))
		image_mismatch(im, -EINVAL, o->path, "init %u is not in tasks/", c->init);
	if (c && c->parent && !image_obj(im, IOBJ_NS, c->parent))
		image_mismatch(im, -EINVAL, o->path, "parent %u is not in ns/", c->parent);
	pid_sysctls_check(im, o);
}

static const struct crfs_shape *const shapes[] = { &crfs_ns_pid_shape, &crfs_ns_pid_sysctl_shape, NULL };

const struct resource res_ns_pid = {
	.name = "pid",
	.scope = PER_NS,
	.shapes = shapes,
	.read = pid_read,
	.check = pid_check,
	.finish = pid_sysctls_put,
};
