// SPDX-License-Identifier: GPL-2.0-or-later
/* A signalfd: its mask, and a signal that waits in it. */
#include <sys/signalfd.h>

#include "tests/work/work.h"

int main(void)
{
	struct signalfd_siginfo si;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 9);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(fd >= 0);
	union sigval v = { .sival_int = 4711 };

	CHECK(sigqueue(getpid(), SIGRTMIN + 9, v) == 0);
	work_ready();
	CHECK(read(fd, &si, sizeof(si)) == sizeof(si));
	CHECK_EQ(si.ssi_signo, SIGRTMIN + 9);
	CHECK_EQ(si.ssi_int, 4711);
	CHECK(read(fd, &si, sizeof(si)) == -1 && errno == EAGAIN);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(read(fd, &si, sizeof(si)) == sizeof(si) && si.ssi_signo == SIGUSR1);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	work_pass();
}
