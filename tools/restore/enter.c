// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the container comes back: the namespaces and the root of the process that completed the tree.
 *
 * A helper begins where the kernel's are: in the first namespaces, and in the root of init. The process
 * waits for us, so its pid is its own until we have ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "restore.h"

/* The mount namespace comes last: /proc is looked into before. */
static const struct {
	const char *name;
	int type;
} kinds[] = {
	{ "pid", CLONE_NEWPID }, { "time", CLONE_NEWTIME }, { "net", CLONE_NEWNET }, { "ipc", CLONE_NEWIPC },
	{ "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "mnt", CLONE_NEWNS },
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A descriptor of its namespace, -1 if that is ours or the kernel has no such kind. */
static int open_other(pid_t pid, const char *name)
{
	struct stat ours, its;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &ours) < 0)
		return errno == ENOENT ? -1 : -errno;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &its) < 0)
		return -errno;
	if (ours.st_dev != its.st_dev || ours.st_ino != its.st_ino)
		return fd;
	close(fd);
	return -1;
}

/* Children are in the pid and time namespaces that were entered, we are not. */
static int go_on_in_child(struct err *e)
{
	pid_t self = getpid(), pid = fork();
	int status = 0;

	if (pid < 0)
		return fail(e, -errno, "fork: free memory");
	if (!pid) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || (getppid() && getppid() != self))
			return fail(e, -ECHILD, "the helper has gone");
		return 0;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EIO);
}

static int take_root(int root)
{
	if (fchdir(root) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	close(root);
	return 0;
}

int enter(pid_t pid, struct err *e)
{
	int fd[NR_KINDS], root;
	bool forks = false;
	char path[32];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail(e, -errno, "%s: who copies cannot be looked at: mount /proc", path);
	for (i = 0; i < NR_KINDS; i++) {
		fd[i] = open_other(pid, kinds[i].name);
		if (fd[i] < -1)
			return fail(e, fd[i], "/proc/%d/ns/%s", pid, kinds[i].name);
	}
	for (i = 0; i < NR_KINDS; i++) {
		if (fd[i] < 0)
			continue;
		if (setns(fd[i], kinds[i].type) < 0)
			return fail(e, -errno, "entering the %s namespace of the mount", kinds[i].name);
		forks |= kinds[i].type & (CLONE_NEWPID | CLONE_NEWTIME);
		close(fd[i]);
	}
	if (take_root(root) < 0)
		return fail(e, -errno, "entering the root of who copies");
	return forks ? go_on_in_child(e) : 0;
}
