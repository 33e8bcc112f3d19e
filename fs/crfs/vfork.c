// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that wait in vfork(2): such a parent is deep inside of the kernel, where nothing is to be seen of it that could be
 * put back, until its child has called execve(2) or is gone. Mostly that is a matter of microseconds. So the helper lets
 * the children run, as the FUSE filesystem does (fuse-proto/vfork.c), while all others stand in ptrace stops of its own.
 */
#include <linux/file.h>

#include "helper.h"

/**
 * vfork_finish() - have those who are waited for come to their execve(2), once for a look
 * @s: with all tasks, @s->vforks if there are any
 *
 * Return: 0: there are none, or they take longer, and are named; -EAGAIN: all is to be looked at anew; -ENOMEM, -EINTR
 */
int vfork_finish(struct snap *s)
{
	char *argv[] = { crfs_helper, "vfork", NULL };
	struct run *r;
	int rc;

	if (!s->vforks || s->mi->vforks_tried)
		return 0;
	s->mi->vforks_tried = true;
	r = run_new(s->mi->cred);
	if (!r)
		return -ENOMEM;
	r->dir = cgroup_dir(s->mi);
	if (!IS_ERR(r->dir)) {
		rc = run_program(r, argv);
		fput(r->dir);
	} else {
		rc = PTR_ERR(r->dir);
	}
	run_put(r);
	if (rc == -ERESTARTSYS || rc == -EINTR)
		return -EINTR;
	return rc == -ENOMEM ? rc : -EAGAIN;
}
