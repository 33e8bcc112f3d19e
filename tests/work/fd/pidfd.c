// SPDX-License-Identifier: GPL-2.0-or-later
/* Pidfds: of itself, a thread (Linux 6.9), a child, a zombie. */
#include <poll.h>
#include <pthread.h>

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

static _Atomic pid_t thread_id;

static void *thread(void *arg)
{
	thread_id = syscall(SYS_gettid);
	for (;;)
		pause();
	return arg;
}

/* PIDFD_THREAD is O_EXCL. Return: -1 on a kernel that has none of these */
static int of_thread(void)
{
	pthread_t t;
	int fd;

	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!thread_id)
		work_sleep(1);
	fd = syscall(SYS_pidfd_open, thread_id, O_EXCL);
	CHECK(fd >= 0 || errno == EINVAL);
	return fd;
}

int main(void)
{
	pid_t child = work_fork(), zombie;
	int self, c, z, t;
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
	t = of_thread();
	work_ready();
	if (t >= 0) {
		CHECK_EQ(names(t), thread_id);
		CHECK(fcntl(t, F_GETFL) & O_EXCL);
		CHECK(syscall(SYS_pidfd_send_signal, t, 0, NULL, 0) == 0);
	}
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
