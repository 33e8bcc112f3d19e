// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that wait in vfork(2): such a parent is deep inside of the kernel, where nothing is to be seen of it that could be
 * put back, until its child has called execve(2) or is gone. Mostly that is a matter of microseconds. So the helper lets
 * the children run, as the FUSE filesystem does (fuse-proto/vfork.c), while all others stand in ptrace stops of its own.
 */
#include <linux/cred.h>
#include <linux/file.h>

#include "helper.h"

/**
 * vfork_finish() - have those who are waited for come to their execve(2), once for a look
 * @mi: whose lock is held; nobody holds that of the cgroup (cgroup_hold())
 *
 * Return: 0: all is to be looked at anew; who takes longer, or if there is no helper, is named then; or -ENOMEM, -EINTR
 */
int vfork_finish(struct mount_info *mi)
{
	char *argv[] = { crfs_helper, "vfork", NULL };
	const struct cred *old;
	struct run *r = run_new(mi->cred);
	int rc;

	mi->vforks_wait = false;
	mi->vforks_tried = true;
	if (!r)
		return -ENOMEM;
	old = override_creds(mi->cred);
	r->dir = cgroup_dir(mi);
	revert_creds(old);
	rc = PTR_ERR_OR_ZERO(r->dir);
	if (!rc) {
		rc = run_program(r, argv);
		fput(r->dir);
	}
	run_put(r);
	if (rc == -ERESTARTSYS || rc == -EINTR)
		return -EINTR;
	return rc == -ENOMEM ? rc : 0;
}
