// SPDX-License-Identifier: GPL-2.0-or-later
/* After a failure: whatever was made ends, and is gone when we say so. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "run.h"

/*
 * The controller is a subreaper: everyone whose parent is gone becomes its child, so that in the end
 * there is nobody left to wait for. Known tasks are waited for one by one, which is quick.
 */
void spawn_kill(struct run *r)
{
	struct rtask *rt;
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < r->plan->nr_order; i++) {
		rt = r->plan->order[i];
		if (rt->pid > 0 && rt->leader == rt)
			kill(rt->pid, SIGKILL);
	}
	for (i = r->plan->nr_order; i-- > 0;) {
		rt = r->plan->order[i];
		/* The first of a pid namespace waits itself until all in there are gone, the unknown too. */
		if (birth_self(rt->birth) == 1)
			continue;
		while (rt->pid > 0 && waitpid(rt->pid, &status, __WALL | __WNOTHREAD) == rt->pid &&
		       WIFSTOPPED(status))
			kill(rt->pid, SIGKILL);
	}
	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno != EINTR)
			return;
		if (pid > 0 && WIFSTOPPED(status))
			kill(pid, SIGKILL);
	}
}
