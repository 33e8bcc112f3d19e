// SPDX-License-Identifier: GPL-2.0-or-later
/* Pidfds: of itself, a child, a stopped child, a zombie. */
#include <poll.h>

#include "tests/work/work.h"

static int pidfd_open(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	CHECK(fd >= 0);
	return fd;
}

static pid_t names(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return atoi(work_field(path, "Pid"));
}

int main(void)
{
	pid_t child = work_fork(), zombie;
	int self, c, z;
	siginfo_t si;

	if (child == 0) {
		work_up();
		for (;;)
			pause();
	}
	zombie = work_fork();
	if (zombie == 0) {
		work_up();
		_exit(3);
	}
	CHECK(waitid(P_PID, zombie, &si, WEXITED | WNOWAIT) == 0);
	self = pidfd_open(getpid());
	c = pidfd_open(child);
	z = pidfd_open(zombie);
	work_ready();
	CHECK_EQ(names(self), getpid());
	CHECK_EQ(names(c), child);
	CHECK_EQ(names(z), zombie);
	struct pollfd p[2] = { { c, POLLIN, 0 }, { z, POLLIN, 0 } };

	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK(!p[0].revents && p[1].revents);
	CHECK(syscall(SYS_pidfd_send_signal, c, SIGTERM, NULL, 0) == 0);
	CHECK(waitid(P_PIDFD, c, &si, WEXITED) == 0);
	CHECK_EQ(si.si_pid, child);
	CHECK_EQ(si.si_status, SIGTERM);
	CHECK(waitid(P_PIDFD, z, &si, WEXITED) == 0);
	CHECK_EQ(si.si_status, 3);
	work_pass();
}
