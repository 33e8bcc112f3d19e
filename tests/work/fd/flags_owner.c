// SPDX-License-Identifier: GPL-2.0-or-later
/* F_SETOWN to a thread, a process, a group; F_SETSIG; O_ASYNC; close-on-exec per descriptor. */
#include "tests/work/work.h"

int main(void)
{
	struct f_owner_ex o = { F_OWNER_TID, getpid() };
	int p[2], q[2], r[2], d;
	sigset_t set;
	siginfo_t si;
	struct timespec sec = { 2, 0 };

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 7);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK(pipe2(p, O_NONBLOCK) == 0 && pipe(q) == 0 && pipe2(r, O_CLOEXEC) == 0);
	CHECK(fcntl(p[0], F_SETOWN_EX, &o) == 0);
	CHECK(fcntl(p[0], F_SETSIG, SIGRTMIN + 7) == 0);
	CHECK(fcntl(p[0], F_SETFL, O_NONBLOCK | O_ASYNC) == 0);
	CHECK(fcntl(q[0], F_SETOWN, getpid()) == 0);
	CHECK(fcntl(q[1], F_SETOWN, -getpgrp()) == 0);
	d = dup(r[0]);
	CHECK(d >= 0);

	work_ready();

	CHECK(fcntl(p[0], F_GETOWN_EX, &o) == 0);
	CHECK_EQ(o.type, F_OWNER_TID);
	CHECK_EQ(o.pid, getpid());
	CHECK_EQ(fcntl(p[0], F_GETSIG), SIGRTMIN + 7);
	CHECK_EQ(fcntl(p[0], F_GETFL), O_RDONLY | O_NONBLOCK | O_ASYNC);
	CHECK(fcntl(q[0], F_GETOWN_EX, &o) == 0 && o.type == F_OWNER_PID && o.pid == getpid());
	CHECK(fcntl(q[1], F_GETOWN_EX, &o) == 0 && o.type == F_OWNER_PGRP && o.pid == getpgrp());
	CHECK(fcntl(p[1], F_GETOWN_EX, &o) == 0 && o.pid == 0);
	CHECK_EQ(fcntl(r[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(d, F_GETFD), 0);
	CHECK(write(p[1], "!", 1) == 1);		/* and it is delivered */
	CHECK_EQ(sigtimedwait(&set, &si, &sec), SIGRTMIN + 7);
	CHECK_EQ(si.si_fd, p[0]);
	work_pass();
}
