// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard: a small child that freezes the cgroup again when its maker dies.
 *
 * It watches its maker through a pidfd and not through the end of a socket alone, because children
 * that the maker forks meanwhile would hold that open. Only async-signal-safe calls are made
 * in it: its maker has threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "onlyfds.h"

static void watch(int maker, int word, int freezer, const char *how, size_t len)
{
	struct pollfd p[2] = { { .fd = maker, .events = POLLIN }, { .fd = word, .events = POLLIN } };
	int keep[3] = { maker, word, freezer };
	char c;

	setsid();
	only_fds(keep, 3);
	if (write(word, "r", 1) != 1)
		_exit(1);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno == EINTR)
			continue;
		/* the word "done" comes before the death, so it is looked at first */
		if (p[1].revents && read(word, &c, 1) == 1)
			_exit(0);
		if (p[0].revents || p[1].revents)
			break;
	}
	if (write(freezer, how, len) < 0)
		_exit(1);
	_exit(0);
}

/* Until it has left our process group, what kills us all kills it too. */
static int wait_ready(struct guard *g, struct err *e)
{
	ssize_t n;
	char c;

	do
		n = read(g->fd, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	guard_stop(g);
	return fail(e, -ECHILD, "the guard of the freeze died");
}

int guard_start(const struct cgroup *cg, struct guard *g, struct err *e)
{
	int ends[2] = { -1, -1 }, maker, freezer, r = 0;
	sigset_t all, old;
	pid_t pid = -1;

	maker = syscall(SYS_pidfd_open, getpid(), 0);
	freezer = openat(cg->dir, cg->v1 ? "freezer.state" : "cgroup.freeze", O_WRONLY | O_CLOEXEC);
	if (maker < 0 || freezer < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		r = fail_on(e, -errno, cg->path, "prepare the guard of the freeze");
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (!r)
		pid = fork();
	if (!pid)
		watch(maker, ends[0], freezer, cg->v1 ? "FROZEN" : "1", cg->v1 ? 6 : 1);
	if (!r && pid < 0)
		r = fail_on(e, -errno, cg->path, "fork the guard of the freeze");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(maker);
	close(freezer);
	close(ends[0]);
	if (r < 0) {
		close(ends[1]);
		return r;
	}
	g->fd = ends[1];
	g->pid = pid;
	return wait_ready(g, e);
}

void guard_stop(struct guard *g)
{
	if (send(g->fd, "q", 1, MSG_NOSIGNAL) < 0)
		kill(g->pid, SIGKILL);
	close(g->fd);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
