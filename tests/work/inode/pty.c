// SPDX-License-Identifier: GPL-2.0-or-later
/* Terminals: half a line typed, packet mode, lock, exclusive use, a slave that is gone, /dev/tty, jobs. */
#include "tests/work/work.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int open_pty(char *name)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, n;

	CHECK(m >= 0);
	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTN, &n) == 0);
	sprintf(name, "/dev/pts/%d", n);
	return m;
}

static int gets_lines(int s, char *buf)
{
	return read(s, buf, 64);
}

/* A session with its terminal as /dev/tty, its slave closed, and a job in the foreground. */
static void shell(const char *name)
{
	int s, tty, status;
	pid_t job;

	CHECK(setsid() == getpid());
	s = open(name, O_RDWR);
	CHECK(s >= 0);
	tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0 && close(s) == 0);
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	CHECK(job >= 0);
	if (!job) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(job, job);
	CHECK(tcsetpgrp(tty, job) == 0);
	work_up();
	work_wait();
	CHECK_EQ(tcgetpgrp(tty), job);
	CHECK_EQ(tcgetsid(tty), getpid());
	CHECK(write(tty, "from tty", 8) == 8);
	CHECK(kill(job, SIGKILL) == 0 && waitpid(job, &status, 0) == job);
	_exit(0);
}

int main(void)
{
	char name[32], other[32], third[32], buf[64];
	int m = open_pty(name), m2 = open_pty(other), m3 = open_pty(third), m4, s, s2, one = 1, n;
	struct pollfd p;
	pid_t pid;

	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0 && write(m, "line one\nline two\nhalf", 22) == 22);
	for (n = 0; n < 24; )	/* the echo, with a carriage return in each line */
		n += read(m, buf, 24 - n);
	CHECK(ioctl(m, TIOCPKT, &one) == 0 && ioctl(s, TIOCEXCL) == 0);
	CHECK(write(s, "packet", 6) == 6);
	s2 = open(other, O_RDWR | O_NOCTTY);
	CHECK(s2 >= 0 && write(s2, "bye", 3) == 3 && close(s2) == 0);
	m4 = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CHECK(m4 >= 0);
	pid = work_fork();
	if (!pid)
		shell(third);
	work_ready();
	CHECK(ioctl(m, TIOCGPKT, &n) == 0 && n == 1);
	CHECK(ioctl(s, TIOCGEXCL, &n) == 0 && n == 1);
	CHECK(ioctl(m4, TIOCGPTLCK, &n) == 0 && n == 1);
	p = (struct pollfd){ .fd = m4, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK(read(m, buf, 64) == 7 && !memcmp(buf, "\0packet", 7));
	CHECK(gets_lines(s, buf) == 9 && !memcmp(buf, "line one\n", 9));
	CHECK(write(m, " more\n", 6) == 6);
	CHECK(gets_lines(s, buf) == 9 && !memcmp(buf, "line two\n", 9));
	CHECK(gets_lines(s, buf) == 10 && !memcmp(buf, "half more\n", 10));
	CHECK(read(m2, buf, 64) == 3 && !memcmp(buf, "bye", 3));
	CHECK(read(m2, buf, 64) == -1 && errno == EIO);
	work_join(pid, 0);
	CHECK(read(m3, buf, 64) == 8 && !memcmp(buf, "from tty", 8));
	work_pass();
}
