// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces as descriptors: its own of every kind, and the user namespace of a child; with an argument one of a kind
 * that cannot be carried so, which nobody is in any more.
 */
#include "tests/work/work.h"

static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
#define NR (sizeof(kinds) / sizeof(kinds[0]))

static int open_ns(pid_t pid, const char *kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct stat st[NR], now;
	int fd[NR], gone = -1, users;
	pid_t other;
	char path[64];
	size_t i;

	(void)argv;
	for (i = 0; i < NR; i++) {
		fd[i] = open_ns(getpid(), kinds[i]);
		CHECK(fd[i] >= 0 && fstat(fd[i], &st[i]) == 0);
	}
	other = work_fork();
	if (!other) {
		CHECK(unshare(CLONE_NEWUSER) == 0);
		work_up();
		work_wait();
		work_sleep(100);
		_exit(3);
	}
	users = open_ns(other, "user");
	CHECK(users >= 0);
	if (argc > 1) {
		pid_t child = work_fork();

		if (!child) {
			CHECK(unshare(CLONE_NEWUSER) == 0);
			work_up();
			for (;;)
				pause();
		}
		gone = open_ns(child, "user");
		CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	}

	work_ready();

	for (i = 0; i < NR; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		CHECK(fstat(fd[i], &st[i]) == 0 && stat(path, &now) == 0);
		CHECK_EQ(st[i].st_ino, now.st_ino);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/user", other);
	CHECK(fstat(users, &st[0]) == 0 && stat(path, &now) == 0);
	CHECK_EQ(st[0].st_ino, now.st_ino);
	work_join(other, 3);
	CHECK(gone < 0 || fcntl(gone, F_GETFD) >= 0);
	work_pass();
}
