// SPDX-License-Identifier: GPL-2.0-only
/* pidfd_open(2) of a process, a zombie or a thread of the container; 0 where it is gone. */
#include <linux/pid.h>
#include <linux/sched.h>

#include <crfs/res/fd/pidfd.h>

#include "internal.h"

static bool pidfd_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[pidfd]");
}

/* Since 6.9 pidfds are inodes of pidfs, before all were one. */
static struct pid *pid_of(const struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return file_inode(file)->i_private;
#else
	return file->private_data;
#endif
}

static int pidfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_pidfd r = { .pid = 0 };
	struct cfile *f = obj;
	struct pid *pid = pid_of(f->file);
	bool there;
	pid_t nr;

	rcu_read_lock();
	there = pid_task(pid, PIDTYPE_PID);
	nr = pid_nr_ns(pid, s->pid_ns);
	rcu_read_unlock();
	if (there)
		r.pid = snap_vpid(s, pid);
	if (there && !r.pid)
		snap_unsupported(s, -EXDEV, file_obj(s, f),
				 "a pidfd of process %d outside the container: let the program close it", nr);
	text_section(out, &crfs_fd_pidfd_shape);
	text_rec(out, &crfs_fd_pidfd_shape, &r);
	return 0;
}

const struct room res_fd_pidfd = {
	.name = "pidfd",
	.scope = PER_FILE,
	.match = pidfd_match,
	.read = pidfd_read,
};
