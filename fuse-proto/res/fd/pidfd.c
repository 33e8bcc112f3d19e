// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pidfd_open(2): a handle on a process, or with PIDFD_THREAD (O_EXCL, Linux 6.9) a thread; also a
 * zombie, or one that is gone.
 *
 * From fdinfo: Pid (Linux 5.1). One of a process outside the container is a leak. For one that is
 * gone a child is made and waited for. Lost: what PIDFD_GET_INFO says of the dead (6.15).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/fd/pidfd.h>
#include <crfs/res/ns/pid.h>
#include <crfs/res/task/status.h>

#include "fdroom.h"
#include "proc.h"
#include "rooms.h"

static bool pidfd_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[pidfd]");
}

static int pidfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_pidfd r = { .pid = 0 };
	struct file *f = obj;
	uint64_t v;
	int pid;

	if (!file_info_num(f, "Pid", 10, &v))
		return fail_on(s->err, -EIO, file_obj(s, f), "fdinfo has no Pid");
	pid = (int)(int64_t)v;
	if (pid != -1)
		r.pid = pid > 0 ? snap_vpid(s, pid) : 0;
	if (pid != -1 && !r.pid)
		snap_unsupported(s, -EXDEV, file_obj(s, f), "a pidfd of process %d outside the "
				 "container: let the program close it", pid);
	text_section(out, &crfs_fd_pidfd_shape);
	text_rec(out, &crfs_fd_pidfd_shape, &r);
	return 0;
}

/* The pid namespace that the container's first one is, where it has one of its own; -ENOENT: it has none */
static int first_pid_ns(struct restore *rs)
{
	const struct image *im = rs->im;
	const struct crfs_ns_pid *ns;
	const struct rtask *init;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		if (im->objs[IOBJ_NS][i].room != &res_ns_pid)
			continue;
		ns = image_rec(&im->objs[IOBJ_NS][i], &res_ns_pid, 0);
		init = ns ? restore_task(rs, ns->init) : NULL;
		return init ? proc_open(rs->proc, O_RDONLY, "%d/ns/pid", init->pid) : -ESRCH;
	}
	return -ENOENT;
}

static int of_dead_child(unsigned int flags)
{
	pid_t pid = fork();
	int fd;

	if (!pid)
		_exit(0);
	if (pid < 0)
		return -errno;
	fd = syscall(SYS_pidfd_open, pid, flags);
	fd = fd < 0 ? -errno : fd;
	waitpid(pid, NULL, 0);
	return fd;
}

/*
 * A handle on a process that is gone, made by making one that goes: in the container's pid namespace, as
 * pidfd_send_signal(2) is EINVAL for others.
 */
static int dead(struct restore *rs, unsigned int flags)
{
	int ns = first_pid_ns(rs), own, fd;

	if (ns == -ENOENT)
		return of_dead_child(flags);
	own = ns < 0 ? ns : proc_open(rs->proc, O_RDONLY, "self/ns/pid");
	fd = own < 0 ? own : setns(ns, CLONE_NEWPID) ? -errno : of_dead_child(flags);
	if (own >= 0) {
		setns(own, CLONE_NEWPID);
		close(own);
	}
	if (ns >= 0)
		close(ns);
	return fd;
}

static void pidfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_pidfd *r = image_rec(o, &res_fd_pidfd, 0);
	const struct crfs_file *c = file_common(o);
	struct iobj *t = r && r->pid ? image_obj(im, IOBJ_TASK, r->pid) : NULL;
	const struct crfs_task_status *st = t ? image_rec(t, &res_task_status, 0) : NULL;

	if (r && r->pid && !t)
		image_mismatch(im, -EINVAL, o->path, "pid %u is not in tasks/", r->pid);
	else if (c && st && st->tid != st->tgid && !(c->flags & O_EXCL))
		image_mismatch(im, -EINVAL, o->path, "pid %u is a thread, and it is for processes", r->pid);
}

static int pidfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_pidfd *r = image_rec(o, &res_fd_pidfd, 0);
	unsigned int flags = file_common(o)->flags & (O_NONBLOCK | O_EXCL);
	const struct rtask *rt = r->pid ? restore_task(rs, r->pid) : NULL;
	int fd;

	if (r->pid && !rt)
		return fail_on(rs->err, -ESRCH, o->path, "pid %u is not in the tree", r->pid);
	if (rt)
		fd = syscall(SYS_pidfd_open, rt->pid, flags);
	else
		fd = dead(rs, flags);
	if (fd < 0)
		return fail_on(rs->err, rt ? -errno : fd, o->path, "pidfd_open of %u", r->pid);
	return file_made(rs, o, fd);
}

const struct resource res_fd_pidfd = {
	.name = "pidfd",
	.scope = PER_FILE,
	.late = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_pidfd_shape, NULL },
	.match = pidfd_match,
	.read = pidfd_read,
	.check = pidfd_check,
	.make = pidfd_make,
};
