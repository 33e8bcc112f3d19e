// SPDX-License-Identifier: GPL-2.0-or-later
/* Pseudo-terminals: settings, size, buffered bytes both ways, lock, packet mode, controlling terminal. */
#include <sys/ioctl.h>
#include <termios.h>

#include "tests/work/work.h"

static int open_pty(char *name)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, n;

	CHECK(m >= 0);
	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTN, &n) == 0);
	sprintf(name, "/dev/pts/%d", n);
	return m;
}

int main(void)
{
	char name[32], name2[32], now[32], buf[64];
	int m = open_pty(name), s, m2 = open_pty(name2), s2, n;
	struct winsize ws = { 33, 111, 5, 6 };
	struct termios t, raw;
	pid_t pid, fg;

	s = open(name, O_RDWR | O_NOCTTY);
	CHECK(s >= 0 && tcgetattr(s, &raw) == 0);
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 7;
	raw.c_cc[VINTR] = 'q';
	cfsetspeed(&raw, B9600);
	CHECK(tcsetattr(s, TCSANOW, &raw) == 0);
	CHECK(ioctl(m, TIOCSWINSZ, &ws) == 0);
	CHECK(write(m, "to the slave", 12) == 12);
	CHECK(write(s, "to the master", 13) == 13);

	pid = work_fork();
	if (pid == 0) {
		/* A session on the second one, which is its terminal. */
		CHECK(setsid() == getpid());
		s2 = open(name2, O_RDWR);	/* becomes the controlling terminal */
		CHECK(s2 >= 0);
		CHECK_EQ(tcgetsid(s2), getpid());
		work_up();
		work_wait();
		n = open("/dev/tty", O_RDWR);
		CHECK(n >= 0);
		CHECK_EQ(tcgetsid(n), getpid());
		CHECK_EQ(tcgetpgrp(n), getpid());
		CHECK(read(n, buf, 64) == 6 && !memcmp(buf, "typed\n", 6));
		_exit(0);
	}

	work_ready();

	CHECK(tcgetattr(s, &t) == 0);
	CHECK(t.c_iflag == raw.c_iflag && t.c_oflag == raw.c_oflag);
	CHECK(t.c_cflag == raw.c_cflag && t.c_lflag == raw.c_lflag);
	CHECK(!memcmp(t.c_cc, raw.c_cc, sizeof(t.c_cc)));
	memset(&ws, 0, sizeof(ws));
	CHECK(ioctl(s, TIOCGWINSZ, &ws) == 0);
	CHECK(ws.ws_row == 33 && ws.ws_col == 111 && ws.ws_xpixel == 5);
	CHECK(ioctl(m, TIOCGPTN, &n) == 0);
	sprintf(now, "/dev/pts/%d", n);
	CHECK_STR(now, name);
	CHECK_EQ(read(s, buf, 64), 12);
	CHECK(!memcmp(buf, "to the slave", 12));
	CHECK_EQ(read(m, buf, 64), 13);
	CHECK(!memcmp(buf, "to the master", 13));
	CHECK(ioctl(m2, TIOCGPGRP, &fg) == 0);
	CHECK_EQ(fg, pid);
	CHECK(write(m2, "typed\n", 6) == 6);
	work_join(pid, 0);
	work_pass();
}
