// SPDX-License-Identifier: GPL-2.0-or-later
/* Pseudoterminals in odd states: hung up, packet mode, exclusive, partly read, controlling, without a slave. */
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "tests/work/odd/odd.h"

static int master(char *name)
{
	int m = odd_open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK), zero = 0, n;

	CHECK(ioctl(m, TIOCSPTLCK, &zero) == 0 && ioctl(m, TIOCGPTN, &n) == 0);
	sprintf(name, "/dev/pts/%d", n);
	return m;
}

static int slave(const char *name)
{
	return odd_open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

static void raw(int fd)
{
	struct termios t;

	CHECK(tcgetattr(fd, &t) == 0);
	cfmakeraw(&t);
	CHECK(tcsetattr(fd, TCSANOW, &t) == 0);
}

static int waiting(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	CHECK(poll(&p, 1, 500) >= 0);
	return p.revents;
}

ODD(both_ways_cooked)
{
	char n[32];
	int m = master(n), s = slave(n);
	struct termios t;

	CHECK(tcgetattr(s, &t) == 0);
	t.c_lflag &= ~ECHO;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	odd_put(m, "line one\nline two\npart");
	odd_put(s, "out\tput\n");
	work_sleep(20);
	work_ready();
	odd_got(s, "line one\n");
	odd_got(s, "line two\n");
	CHECK(read(s, (char[9]){ 0 }, 9) == -1 && errno == EAGAIN);
	odd_put(m, "ial\n");
	CHECK(waiting(s) & POLLIN);
	odd_got(s, "partial\n");
	odd_got(m, "out\tput\r\n");
}

/* A line that was half read; and one that is still edited. */
ODD(partly_read_line)
{
	char n[32], b[8];
	int m = master(n), s = slave(n);

	odd_put(m, "hello world\nxyzz");
	work_sleep(20);
	CHECK_EQ(read(s, b, 6), 6);
	work_ready();
	odd_got(s, "world\n");
	odd_put(m, "\177y\n");		/* erase */
	CHECK(waiting(s) & POLLIN);
	odd_got(s, "xyzy\n");
}

ODD(raw_full)
{
	char n[32], *b = malloc(100000);
	int m = master(n), s = slave(n);
	ssize_t in, out, k, got;

	raw(s);
	work_fill(b, 100000, 1);
	in = write(m, b, 3000);
	out = write(s, b, 3000);
	CHECK(in == 3000 && out == 3000);
	work_sleep(20);
	work_ready();
	for (got = 0; got < in; got += k)
		CHECK((k = read(s, b + got, in - got)) > 0);
	CHECK(work_same(b, in, 1));
	memset(b, 0, 3000);
	for (got = 0; got < out; got += k)
		CHECK((k = read(m, b + got, out - got)) > 0);
	CHECK(work_same(b, out, 1));
	CHECK(read(m, b, 1) == -1 && errno == EAGAIN);
	CHECK(read(s, b, 1) == -1 && errno == EAGAIN);
}

/* As much as fits both ways: who writes is blocked, and goes on. */
ODD(output_full)
{
	char n[32], *b = malloc(1 << 20), *c = malloc(1 << 20);
	int m = master(n), s = slave(n);
	ssize_t sum = 0, k, got = 0;

	raw(s);
	work_fill(b, 1 << 20, 2);
	while (sum < 1 << 20 && (k = write(s, b + sum, 1000)) > 0)
		sum += k;
	CHECK(sum > 4000 && sum < 1 << 20);
	work_ready();
	while ((k = read(m, c + got, 5000)) > 0 || (got < sum && waiting(m) & POLLIN))
		got += k > 0 ? k : 0;
	CHECK_EQ(got, sum);
	CHECK(!memcmp(b, c, sum));
	odd_put(s, "more");
	CHECK(waiting(m) & POLLIN);
	odd_got(m, "more");
}

ODD(packet_mode)
{
	char n[32], b[100];
	int m = master(n), s, one = 1;

	CHECK(ioctl(m, TIOCPKT, &one) == 0);
	s = slave(n);
	raw(s);
	while (read(m, b, 100) > 0)
		;
	odd_put(s, "data");
	work_sleep(20);
	work_ready();
	one = 0;
	CHECK(ioctl(m, TIOCGPKT, &one) == 0 && one == 1);
	CHECK_EQ(read(m, b, 100), 5);
	CHECK(b[0] == TIOCPKT_DATA && !memcmp(b + 1, "data", 4));
	CHECK(tcflush(s, TCOFLUSH) == 0);
	CHECK_EQ(read(m, b, 100), 1);
	CHECK(b[0] & TIOCPKT_FLUSHWRITE);
}

ODD(exclusive_and_locked)
{
	char n[32], o[32];
	int m = master(n), s = slave(n), l = master(o), one = 1, v = 0;

	CHECK(ioctl(s, TIOCEXCL) == 0);
	CHECK(ioctl(l, TIOCSPTLCK, &one) == 0);
	work_ready();
	CHECK(ioctl(s, TIOCGEXCL, &v) == 0 && v == 1);
	CHECK(ioctl(l, TIOCGPTLCK, &v) == 0 && v == 1);
	CHECK(open(o, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
	CHECK(ioctl(s, TIOCNXCL) == 0);
	odd_put(s, "x");
	CHECK(waiting(m) & POLLIN);
}

/* The master is closed: the slave reads end-of-file and writes fail. */
ODD(master_closed)
{
	char n[32];
	int m = master(n), s = slave(n);

	raw(s);
	signal(SIGHUP, SIG_IGN);
	close(m);
	work_ready();
	odd_got(s, "");
	CHECK(write(s, "x", 1) == -1 && errno == EIO);
	CHECK(waiting(s) & POLLHUP);
}

/* The slave was open and is closed: the master reads what it wrote, then EIO. */
ODD(slave_closed)
{
	char n[32], b[10];
	int m = master(n), s = slave(n);

	raw(s);
	odd_put(s, "last words");
	work_sleep(20);
	close(s);
	work_ready();
	odd_got(m, "last words");
	CHECK(read(m, b, 1) == -1 && errno == EIO);
	s = slave(n);
	CHECK(read(m, b, 1) == -1 && errno == EAGAIN);
	odd_put(s, "new");
	CHECK(waiting(m) & POLLIN);
}

/* A master nobody has opened the slave of, with bytes for it. */
ODD(never_opened)
{
	char n[32];
	int m = master(n), s;

	odd_put(m, "early\n");
	work_ready();
	CHECK(read(m, (char[1]){ 0 }, 1) == -1 || 1);	/* the echo */
	s = slave(n);
	CHECK(waiting(s) & POLLIN);
	odd_got(s, "early\n");
}

/* The same without echo, which only the kernel's memory shows. */
ODD(never_opened_quiet)
{
	struct termios t;
	char n[32];
	int m = master(n), s;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		work_skip("a kernel without BTF");
	CHECK(tcgetattr(m, &t) == 0);
	t.c_lflag &= ~(ICANON | ECHO | ECHOE | ECHOK | ECHONL);
	CHECK(tcsetattr(m, TCSANOW, &t) == 0);
	odd_put(m, "early");
	work_ready();
	s = slave(n);
	odd_got(s, "early");
}

ODD(size_and_settings)
{
	char n[32];
	int m = master(n), s = slave(n);
	struct winsize w = { 51, 173, 1000, 700 }, v;
	struct termios t, u;

	memset(&t, 0, sizeof(t));
	memset(&u, 0, sizeof(u));
	CHECK(tcgetattr(s, &t) == 0);
	t.c_lflag = ISIG | ICANON | ECHOCTL | NOFLSH | TOSTOP | IEXTEN;
	t.c_iflag = IXON | IUTF8 | ISTRIP | INLCR;
	t.c_oflag = OPOST | OLCUC | ONLRET;
	t.c_cflag |= HUPCL | PARENB;
	t.c_cc[VEOL] = 'e';
	t.c_cc[VEOL2] = 'f';
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 7;
	cfsetispeed(&t, B230400);
	cfsetospeed(&t, B230400);
	CHECK(tcsetattr(s, TCSANOW, &t) == 0 && ioctl(m, TIOCSWINSZ, &w) == 0);
	CHECK(tcgetattr(s, &t) == 0);
	CHECK(fchmod(s, 0622) == 0 && fchown(s, 12, 13) == 0);
	work_ready();
	CHECK(tcgetattr(m, &u) == 0);
	CHECK(!memcmp(&t, &u, sizeof(t)));
	CHECK(ioctl(s, TIOCGWINSZ, &v) == 0 && !memcmp(&v, &w, sizeof(v)));
	struct stat st;

	CHECK(fstat(s, &st) == 0);
	CHECK_EQ(st.st_mode & 07777, 0622);
	CHECK(st.st_uid == 12 && st.st_gid == 13);
}

/* A session on it, with a background job that is stopped by SIGTTIN, and a foreground group. */
ODD(jobs)
{
	char n[32];
	int m = master(n), s, st;
	pid_t sh = work_fork(), bg, fg;

	if (!sh) {
		CHECK(setsid() > 0);
		s = odd_open(n, O_RDWR);
		fcntl(s, F_SETFL, 0);
		bg = work_fork();
		if (!bg) {
			setpgid(0, 0);
			work_up();
			odd_got(s, "for bg\n");
			_exit(7);
		}
		setpgid(bg, bg);
		signal(SIGTTOU, SIG_IGN);
		fg = work_fork();
		if (!fg) {
			setpgid(0, 0);
			CHECK(tcsetpgrp(s, getpid()) == 0);
			work_up();
			odd_got(s, "for fg\n");
			_exit(8);
		}
		CHECK(waitpid(bg, &st, WUNTRACED) == bg && WIFSTOPPED(st) && WSTOPSIG(st) == SIGTTIN);
		work_up();
		work_wait();
		CHECK_EQ(tcgetpgrp(s), fg);
		CHECK(waitpid(fg, &st, 0) == fg && WEXITSTATUS(st) == 8);
		CHECK(tcsetpgrp(s, bg) == 0 && kill(-bg, SIGCONT) == 0);
		odd_put(s, "go");
		CHECK(waitpid(bg, &st, 0) == bg && WIFEXITED(st) && WEXITSTATUS(st) == 7);
		CHECK(tcsetpgrp(s, getpid()) == 0);
		_exit(9);
	}
	work_ready();
	char b[200] = "";
	size_t k = 0;

	odd_put(m, "for fg\n");
	while (!strstr(b, "go") && k < 199) {
		ssize_t r = read(m, b + k, 199 - k);

		if (r > 0)
			k += r;
		else
			work_sleep(5);
	}
	odd_put(m, "for bg\n");
	CHECK(waitpid(sh, &st, 0) == sh);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 9);
}

/* ^C must reach the foreground group of the session after the restore, too; /dev/tty is open. */
ODD(interrupt)
{
	char n[32];
	int m = master(n), t, st;
	pid_t c = work_fork();

	if (!c) {
		CHECK(setsid() > 0);
		close(odd_open(n, O_RDWR));
		t = odd_open("/dev/tty", O_RDWR);
		CHECK_EQ(tcgetsid(t), getpid());
		work_up();
		work_wait();
		CHECK_EQ(tcgetsid(t), getpid());
		pause();
	}
	work_ready();
	odd_put(m, "\003");
	CHECK(waitpid(c, &st, 0) == c && WIFSIGNALED(st) && WTERMSIG(st) == SIGINT);
}

ODD(several)
{
	char n[10][32], b[40];
	int m[10], s[10], i;

	for (i = 0; i < 10; i++) {
		m[i] = master(n[i]);
		s[i] = slave(n[i]);
		raw(s[i]);
		odd_put(m[i], n[i]);
	}
	close(m[3]);
	close(s[3]);
	work_ready();
	for (i = 0; i < 10; i++) {
		if (i == 3)
			continue;
		odd_got(s[i], n[i]);
		CHECK(ptsname_r(m[i], b, 40) == 0);
		CHECK_STR(b, n[i]);
	}
}

ODD(by_peer)
{
	char n[32];
	int m = master(n), s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK), t;

	CHECK(s >= 0);
	raw(s);
	t = odd_open("/dev/pts/ptmx", O_PATH);
	odd_put(s, "x");
	work_ready();
	odd_got(m, "x");
	CHECK(ttyname_r(s, (char[32]){ 0 }, 32) == 0);
	CHECK(fcntl(t, F_GETFL) & O_PATH);
}

/* Output that was stopped and has nothing in it; one side waits in read(2). */
ODD(blocked_reader)
{
	char n[32];
	int m = master(n), st;
	pid_t c = work_fork();

	if (!c) {
		int s = odd_open(n, O_RDWR | O_NOCTTY);

		work_up();
		odd_got(s, "typed\n");
		_exit(5);
	}
	work_sleep(30);
	work_ready();
	odd_put(m, "typed\n");
	CHECK(waitpid(c, &st, 0) == c && WIFEXITED(st) && WEXITSTATUS(st) == 5);
}

ODD(stopped_output)
{
	char n[32], b[8];
	int m = master(n), s = slave(n);

	raw(s);
	CHECK(tcflow(s, TCOOFF) == 0);
	work_ready();
	CHECK(write(s, "x", 1) == -1 && errno == EAGAIN);
	CHECK(tcflow(s, TCOON) == 0);
	odd_put(s, "y");
	CHECK(waiting(m) & POLLIN);
	CHECK_EQ(read(m, b, 8), 1);
}

/* The same, from a program that is blocked in write(2), and pieces of all sizes. */
ODD(output_blocked)
{
	char n[32], *b = malloc(1 << 20), *c = malloc(1 << 20);
	int m = master(n), st, i;
	ssize_t k, got = 0;
	pid_t pid = work_fork();

	work_fill(b, 1 << 20, 3);
	if (!pid) {
		int s = odd_open(n, O_RDWR | O_NOCTTY);

		raw(s);
		work_up();
		for (i = 0; got < 300000; i++, got += k) {
			k = write(s, b + got, 1 + i * 37 % 3000);
			CHECK(k > 0);
		}
		CHECK(write(s, "end", 3) == 3);
		_exit(6);
	}
	work_sleep(50);
	work_ready();
	while (got < 3 || memcmp(c + got - 3, "end", 3)) {
		CHECK(waiting(m) & POLLIN);
		k = read(m, c + got, (1 << 20) - got);
		CHECK(k > 0);
		got += k;
	}
	CHECK(got >= 300003 && !memcmp(b, c, got - 3));
	CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 6);
}

/* Input to a program that does not read. */
ODD(input_full)
{
	char n[32], *b = malloc(1 << 20), *c = malloc(1 << 20);
	int m = master(n), s = slave(n);
	ssize_t sum = 0, k, got = 0;

	raw(s);
	work_fill(b, 1 << 20, 4);
	while (sum < 1 << 20 && (k = write(m, b + sum, 777)) > 0)
		sum += k;
	work_sleep(50);
	work_ready();
	while (got < sum && waiting(s) & POLLIN) {
		k = read(s, c + got, 5000);
		CHECK(k > 0);
		got += k;
	}
	CHECK_EQ(got, sum);
	CHECK(!memcmp(b, c, sum));
}

/* Many lines for a shell that does not read them, and half of one. */
ODD(lines_full)
{
	char n[32], b[100], c[100];
	int m = master(n), s = slave(n), i, lines = 0;
	struct termios t;

	CHECK(tcgetattr(s, &t) == 0);
	t.c_lflag &= ~ECHO;
	CHECK(tcsetattr(s, TCSANOW, &t) == 0);
	while (lines < 150) {
		sprintf(b, "line %d of those that were pasted into it\n", lines++);
		CHECK_EQ(write(m, b, strlen(b)), strlen(b));
	}
	odd_put(m, "hal");
	work_sleep(50);
	work_ready();
	for (i = 0; i < lines; i++) {
		CHECK(waiting(s) & POLLIN);
		memset(c, 0, 100);
		CHECK(read(s, c, 99) > 0);
		sprintf(b, "line %d of those that were pasted into it\n", i);
		CHECK_STR(c, b);
	}
	CHECK(read(s, c, 99) == -1 && errno == EAGAIN);
	odd_put(m, "f\n");
	CHECK(waiting(s) & POLLIN);
	odd_got(s, "half\n");
}
