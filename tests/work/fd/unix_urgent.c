// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Urgent data (MSG_OOB) in streams: behind and before other bytes, first of all, in line, of which an older one has
 * become usual, behind one that was taken; in a queue of which a part has been read. Who is told (SIGURG) is told once.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include "tests/work/work.h"

static volatile sig_atomic_t told;

static void urg(int sig)
{
	(void)sig;
	told++;
}

static void pair(int s[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
}

static void put(int fd, const char *what, int flags)
{
	CHECK_EQ(send(fd, what, strlen(what), flags), strlen(what));
}

static void got(int fd, const char *what)
{
	char buf[100] = "";

	CHECK_EQ(recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT), strlen(what));
	CHECK_STR(buf, what);
}

static void got_urgent(int fd, char what)
{
	char c = 0;

	CHECK_EQ(recv(fd, &c, 1, MSG_OOB | MSG_DONTWAIT), 1);
	CHECK_EQ(c, what);
}

static void no_urgent(int fd)
{
	char c;

	CHECK_EQ(recv(fd, &c, 1, MSG_OOB | MSG_DONTWAIT), -1);
	CHECK_EQ(errno, EINVAL);
}

static int events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static bool at_mark(int fd)
{
	int is = 0;

	CHECK(ioctl(fd, SIOCATMARK, &is) == 0);
	return is;
}

/* Before Linux 6.10 what stands behind an urgent byte that was taken is not always read. */
static bool reads_on(void)
{
	char buf[16];
	int s[2];

	pair(s);
	put(s[0], "read before!", MSG_OOB);
	put(s[0], " behind", 0);
	return recv(s[1], buf, 5, 0) == 5 && recv(s[1], buf, sizeof(buf), MSG_DONTWAIT) == 6 &&
	       recv(s[1], buf, 1, MSG_OOB | MSG_DONTWAIT) == 1 && recv(s[1], buf, sizeof(buf), MSG_DONTWAIT) == 7;
}

int main(void)
{
	int mid[2], first[2], line[2], two[2], after[2], on = 1;
	char c[6];

	signal(SIGURG, urg);
	pair(mid);
	if (send(mid[0], "a", 1, MSG_OOB) != 1)
		work_skip("no MSG_OOB for unix sockets");
	got_urgent(mid[1], 'a');
	if (!reads_on())
		work_skip("this kernel does not read past urgent data");
	CHECK(fcntl(mid[1], F_SETOWN, getpid()) == 0);
	put(mid[0], "read before!", MSG_OOB);
	put(mid[0], " behind", 0);
	CHECK(recv(mid[1], c, 5, 0) == 5);
	CHECK_EQ(told, 1);
	pair(first);
	put(first[0], "?", MSG_OOB);
	put(first[0], "more", 0);
	pair(line);
	CHECK(setsockopt(line[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)) == 0);
	put(line[0], "in", 0);
	put(line[0], "#line", 0);
	put(line[0], "!", MSG_OOB);
	put(line[0], "end", 0);
	pair(two);
	put(two[0], "ab", MSG_OOB);
	put(two[0], "cd", MSG_OOB);
	pair(after);
	put(after[0], "ab", MSG_OOB);
	got_urgent(after[1], 'b');
	put(after[0], "cd", MSG_OOB);

	work_ready();

	CHECK_EQ(told, 1);
	CHECK_EQ(events(mid[1]), POLLIN | POLLPRI);
	CHECK(!at_mark(mid[1]) && at_mark(first[1]));
	got(mid[1], "before");
	CHECK(at_mark(mid[1]));
	got_urgent(mid[1], '!');
	got(mid[1], " behind");
	no_urgent(mid[1]);
	got_urgent(first[1], '?');
	got(first[1], "more");
	got(line[1], "in#line");
	CHECK(at_mark(line[1]));
	got(line[1], "!end");
	got_urgent(two[1], 'd');
	got(two[1], "abc");
	got_urgent(after[1], 'd');
	CHECK(recv(after[1], c, 6, 0) >= 1 && c[0] == 'a');
	put(mid[0], "^", MSG_OOB);
	CHECK_EQ(told, 2);
	got_urgent(mid[1], '^');
	work_pass();
}
