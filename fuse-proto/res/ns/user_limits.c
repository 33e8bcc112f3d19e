// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many namespaces, watches and the like there may be in a user namespace, /proc/sys/user: lost, with a line. A
 * sandbox like bwrap(1) sets some to keep what runs in it from making more.
 *
 * The kernel shows them to whoever is in it, so a child goes there, since no thread of a process with others can.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ns.h"
#include "proc.h"
#include "user_limits.h"

static bool is_set(int dir, const char *name)
{
	char buf[32] = "";
	int fd = *name == '.' ? -1 : openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && atol(buf) != INT_MAX;
}

/* A new namespace has no limit of its own. */
static int count(int ns)
{
	int fd = setns(ns, CLONE_NEWUSER) ? -1 : proc_own(O_RDONLY | O_DIRECTORY, "sys/user"), n = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		n += is_set(fd, d->d_name);
	return n;
}

void user_limits_name(struct snap *s, const struct ns *n)
{
	int ns = ns_open(s, n), st = 0;
	pid_t pid = ns < 0 ? -1 : fork();

	if (!pid)
		_exit(count(ns));
	if (ns >= 0)
		close(ns);
	while (pid > 0 && waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(st) && WEXITSTATUS(st))
		snap_lost(s, pool_printf(&s->pool, "ns/user-%u", n->id), "%d of its limits (/proc/sys/user)", WEXITSTATUS(st));
}
