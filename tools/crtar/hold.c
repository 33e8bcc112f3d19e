// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A container that is frozen for us, and does not stay so if we are killed.
 *
 * A small child waits for the end of a pipe that we hold. A word through it means that all is in
 * order; without one we have died, and it thaws.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"

#define FREEZE_WAIT_MS 10000

static void __attribute__((noreturn)) stand_by(const struct cgroup *cg, int fd)
{
	struct err e = { .code = 0 };
	char word;
	ssize_t n;

	do
		n = read(fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		cgroup_freeze(cg, false, 0, &e);
	_exit(0);
}

/* What a terminal sends to all of us is not for the child: it has to outlive us. */
static int start_child(struct hold *h, struct err *e)
{
	sigset_t all, old;
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return fail(e, -errno, "pipe2: raise the limit of open files");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	h->pid = fork();
	if (!h->pid) {
		setsid();
		close(pipe[1]);
		stand_by(h->cg, pipe[0]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(pipe[0]);
	if (h->pid < 0) {
		close(pipe[1]);
		return fail(e, -errno, "fork: free memory");
	}
	h->fd = pipe[1];
	return 0;
}

int hold_frozen(struct hold *h, const struct cgroup *cg, bool freeze, struct err *e)
{
	enum cgroup_state state;
	int r = cgroup_state(cg, &state, e);

	*h = (struct hold){ .cg = cg, .fd = -1 };
	if (r < 0)
		return r;
	if (state == CGROUP_EMPTY)
		return fail_on(e, -ESRCH, cg->path, "there is no task in it: name a cgroup that has some");
	if (state == CGROUP_RUNNING && !freeze)
		return fail_on(e, -EBUSY, cg->path, "the container runs: freeze it, or say --freeze");
	if (state == CGROUP_RUNNING)
		r = start_child(h, e);
	if (!r && state != CGROUP_FROZEN)
		r = cgroup_freeze(cg, true, FREEZE_WAIT_MS, e);
	if (r < 0)
		hold_end(h);
	return r;
}

static void end_child(struct hold *h)
{
	if (h->fd < 0)
		return;
	while (write(h->fd, "", 1) < 0 && errno == EINTR)
		;
	close(h->fd);
	h->fd = -1;
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void hold_end(struct hold *h)
{
	struct err e = { .code = 0 };

	if (h->fd >= 0)
		cgroup_freeze(h->cg, false, 0, &e);
	end_child(h);
}

void hold_leave(struct hold *h)
{
	end_child(h);
}
