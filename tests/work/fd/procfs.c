// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of kernel filesystems: of the own process, of a child, of the system, of the cgroup; directories; with an argument that file, too. */
#include <dirent.h>

#include "tests/work/work.h"

static int open_in(const char *fmt, int pid)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), fmt, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		work_fail(__FILE__, __LINE__, "%s", path);
	return fd;
}

static bool has(int fd, const char *what)
{
	static char buf[65536];
	size_t len = 0;
	ssize_t n;

	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	CHECK(n >= 0);
	buf[len] = '\0';
	return strstr(buf, what);
}

int main(int argc, char **argv)
{
	int outside = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	pid_t child = work_fork();
	char want[64], buf[64];
	struct stat st, st2;

	if (!child) {
		work_up();
		for (;;)
			pause();
	}
	int own = open("/proc/self/status", O_RDONLY), other = open_in("/proc/%d/stat", child);
	int thread = open_in("/proc/self/task/%d/comm", getpid()), mounts = open_in("/proc/%d/mountinfo", child);
	int sys = open_in("/proc/sys/kernel/ostype", 0), version = open_in("/proc/version", 0);
	int sysfs = open_in("/sys/kernel/notes", 0), net = open_in("/proc/%d/net/udp", child);
	int fds = open_in("/proc/%d/fd", child), proc = open_in("/proc", 0), dir = open_in("/proc/%d", child);
	pid_t gone = fork();

	if (!gone) {
		for (;;)
			pause();
	}
	int dead = open_in("/proc/%d/status", gone), dead_dir = open_in("/proc/%d/task", gone);

	CHECK(kill(gone, SIGKILL) == 0 && waitpid(gone, NULL, 0) == gone);
	int mem = open("/proc/self/mem", O_RDWR), map = open_in("/proc/%d/maps", child);

	CHECK(read(own, buf, 10) == 10);
	work_ready();

	snprintf(want, sizeof(want), "Pid:\t%d\n", getpid());
	CHECK(lseek(own, 0, SEEK_CUR) == 10);
	CHECK(has(own, want));
	snprintf(want, sizeof(want), "%d (", child);
	CHECK(has(other, want));
	CHECK(has(thread, "procfs"));
	CHECK(has(mounts, " / "));
	CHECK(has(sys, "Linux"));
	CHECK(has(version, "Linux"));
	/* of the proc that is mounted here, and no other */
	CHECK(fstat(version, &st) == 0 && stat("/proc", &st2) == 0);
	CHECK_EQ(st.st_dev, st2.st_dev);
	CHECK(fstat(own, &st) == 0);
	CHECK_EQ(st.st_dev, st2.st_dev);
	CHECK(read(sysfs, buf, 4) == 4);
	CHECK(has(net, "local_address"));
	CHECK(has(map, "[stack]"));
	CHECK(readlinkat(fds, "1", buf, sizeof(buf)) > 0);
	CHECK(read(dead, buf, 1) < 0 && errno == ESRCH);
	CHECK(openat(dead_dir, "1", O_RDONLY) < 0);
	CHECK(fcntl(dead, F_GETFD) == FD_CLOEXEC);
	CHECK(faccessat(proc, "self", F_OK, 0) == 0);
	CHECK(faccessat(dir, "status", F_OK, 0) == 0);
	CHECK(pread(mem, buf, 8, (off_t)(uintptr_t)want) == 8);
	CHECK(!memcmp(buf, want, 8));
	CHECK(argc < 2 || read(outside, buf, 1) == 1);
	CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	CHECK(lseek(other, 0, SEEK_SET) == 0 && read(other, buf, 1) < 0 && errno == ESRCH);
	work_pass();
}
