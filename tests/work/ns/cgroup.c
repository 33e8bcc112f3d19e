// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cgroup namespaces: this process has one with the container's cgroup as its root, a child has one more,
 * of a cgroup below, and another child has left the root of its own.
 */
#include <dirent.h>

#include "tests/work/work.h"

/* Our path in the container's hierarchy: cgroup v2 */
static const char *own(void)
{
	static char text[4096];
	FILE *f = fopen("/proc/self/cgroup", "r");
	char *p = NULL;

	CHECK(f);
	while (fgets(text, sizeof(text), f) && !p)
		if (!strncmp(text, "0::", 3)) {
			text[strcspn(text, "\n")] = '\0';
			p = text + 3;
			break;
		}
	fclose(f);
	CHECK(p);
	return p;
}

static void join(const char *dir)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
}

static ino_t ns(void)
{
	struct stat st;

	CHECK(stat("/proc/self/ns/cgroup", &st) == 0);
	return st.st_ino;
}

/* In /below; @leave: then back at the container's */
static void child(const char *cg, const char *below, bool leave)
{
	const char *seen = leave ? "/.." : "/";
	ino_t up = ns();

	join(below);
	CHECK_STR(own(), "/below");
	CHECK(unshare(CLONE_NEWCGROUP) == 0);
	CHECK(ns() != up);
	if (leave) {
		pid_t pid = work_fork();

		if (!pid) {	/* so that there is one who has not left */
			work_up();
			work_wait();
			CHECK_STR(own(), "/");
			_exit(0);
		}
		join(cg);
		CHECK_STR(own(), seen);
		work_up();
		work_wait();
		CHECK_STR(own(), seen);
		work_join(pid, 0);
		_exit(0);
	}
	CHECK_STR(own(), seen);
	work_up();
	work_wait();
	CHECK_STR(own(), seen);
	_exit(0);	/* its number tells nothing: it may be one that was used before */
}

/* $CRFS_CGROUP: the directory of our cgroup. Started in the mounter's cgroup namespace. */
int main(void)
{
	const char *cg = getenv("CRFS_CGROUP");
	char below[4096];
	pid_t a, b;

	if (!cg)
		work_skip("nobody says where our cgroup is");
	if (unshare(CLONE_NEWCGROUP))
		work_skip("no cgroup namespaces");
	CHECK_STR(own(), "/");
	snprintf(below, sizeof(below), "%s/below", cg);
	CHECK(mkdir(below, 0755) == 0);
	a = work_fork();
	if (!a)
		child(cg, below, false);
	b = work_fork();
	if (!b)
		child(cg, below, true);

	work_ready();

	CHECK_STR(own(), "/");
	work_join(a, 0);
	work_join(b, 0);
	work_pass();
}
