// SPDX-License-Identifier: GPL-2.0-or-later
/* Slaves of terminals whose masters are closed: two descriptions of one, one of another. */
#include <poll.h>
#include <sys/ioctl.h>

#include "tests/work/work.h"

static int open_pty(int *n)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0;

	CHECK(m >= 0);
	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTN, n) == 0);
	return m;
}

static void check_dead(int fd, const char *name)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char link[64], path[64], c;
	ssize_t n;

	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK(write(fd, "x", 1) == -1 && errno == EIO);
	CHECK(ioctl(fd, TIOCNOTTY) == -1 && errno == EIO);
	CHECK(poll(&p, 1, 0) == 1 && p.revents & POLLHUP);
	sprintf(link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	CHECK(n > 0);
	path[n] = 0;
	CHECK_STR(path, name);
}

int main(void)
{
	int n1, n2, m1 = open_pty(&n1), m2 = open_pty(&n2), a, b, c;
	char name[32], name1[64], name2[64];

	sprintf(name, "/dev/pts/%d", n1);
	a = open(name, O_RDWR | O_NOCTTY);
	b = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK);
	sprintf(name1, "%s (deleted)", name);
	c = ioctl(m2, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	sprintf(name2, "/dev/pts/%d (deleted)", n2);
	CHECK(a >= 0 && b >= 0 && c >= 0);
	signal(SIGHUP, SIG_IGN);
	close(m1);
	close(m2);

	work_ready();

	check_dead(a, name1);
	check_dead(c, name2);
	CHECK_EQ(fcntl(b, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	CHECK(write(b, "x", 1) == -1 && errno == EIO);
	work_pass();
}
