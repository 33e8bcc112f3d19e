// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a container whose checkpoint is written: cgroup.kill (5.14), which needs no thaw. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

#define GONE_WAIT_MS 10000

int kill_can(const struct cgroup *cg, struct err *e)
{
	if (!faccessat(cg->dir, "cgroup.kill", W_OK, 0))
		return 0;
	return fail_on(e, -EOPNOTSUPP, cg->path, "there is no cgroup.kill (v2, Linux 5.14): kill its tasks yourself");
}

int kill_all(const struct cgroup *cg, struct err *e)
{
	int fd = openat(cg->dir, "cgroup.kill", O_WRONLY | O_CLOEXEC), i, r;
	struct timespec ms = { .tv_nsec = 1000000 };
	enum cgroup_state state;

	if (fd < 0 || write(fd, "1", 1) < 0) {
		r = fail_on(e, -errno, cg->path, "cgroup.kill");
		if (fd >= 0)
			close(fd);
		return r;
	}
	close(fd);
	for (i = 0; i < GONE_WAIT_MS; i++) {
		r = cgroup_state(cg, &state, e);
		if (r < 0 || state == CGROUP_EMPTY)
			return r;
		nanosleep(&ms, NULL);
	}
	return fail_on(e, -ETIMEDOUT, cg->path, "killing its tasks: one may be stuck in the kernel");
}
