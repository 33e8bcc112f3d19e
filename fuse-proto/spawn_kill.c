// SPDX-License-Identifier: GPL-2.0-or-later
/* After a failure: whatever was made ends, and is gone when we say so. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "run.h"

static void reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL | __WNOTHREAD) == pid && WIFSTOPPED(status))
		kill(pid, SIGKILL);
}

/*
 * Threads are traced from their first moment, and one may have been made of which we have not heard yet. As long
 * as a traced thread has not been waited for, the kernel does not say that its process is dead.
 */
static void reap_threads(struct run *r, pid_t pid)
{
	int fd = proc_open(r->rs.proc, O_RDONLY | O_DIRECTORY, "%d/task", pid);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	pid_t tid;

	while (d && (e = readdir(d))) {
		tid = atoi(e->d_name);
		if (tid > 0 && tid != pid)
			reap(tid);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

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
		if (rt->pid > 0 && rt->leader == rt)
			reap_threads(r, rt->pid);
		if (rt->pid > 0)
			reap(rt->pid);
	}
	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno != EINTR)
			return;
		if (pid > 0 && WIFSTOPPED(status))
			kill(pid, SIGKILL);
	}
}
