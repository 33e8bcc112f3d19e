// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Letting, for the kernel filesystem, children that are waited for in vfork(2) run until their execve(2).
 *
 *	restore vfork
 *
 * The directory of the cgroup, which is frozen, is FD_NET. All of its tasks are stopped with ptrace(2) meanwhile, as for a look
 * of the FUSE filesystem (stop.c), and nothing else is asked of them. It is frozen again when this has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "drop.h"
#include "restore.h"
#include "snap.h"
#include "stop.h"
#include "tasks.h"

#define FREEZE_WAIT_MS 5000

int vfork_settle(void)
{
	char what[] = "cgroup";
	struct cgroup cg = { .dir = FD_NET, .path = what };
	struct options opts = { .cgroup = what };
	struct err e = { .code = 0 };
	struct snap s = { .cg = &cg, .opts = &opts, .err = &e, .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	int rc = s.proc < 0 || fcntl(FD_NET, F_SETFD, FD_CLOEXEC) ? -errno : 0, hold;

	if (!rc && drop_capabilities() < 0)
		rc = -EPERM;
	if (rc)
		return -rc & 0x7f;
	hold = cgroup_hold(&cg, true);
	rc = tasks_list(&s);
	if (!rc)
		rc = tasks_share(&s);
	if (!rc)
		rc = stop_all(&s);
	stop_release(&s);
	if (cgroup_freeze(&cg, true, FREEZE_WAIT_MS, &e) && !rc)
		rc = e.code;
	if (hold >= 0)
		close(hold);
	if (e.code)
		dprintf(FD_REPORT, "%s\n", e.text);
	return -rc & 0x7f;
}
