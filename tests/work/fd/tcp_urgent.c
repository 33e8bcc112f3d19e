// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Urgent data of TCP: not read yet, read already, in line, at the mark, in a queue that is full, of who has closed;
 * and who was told of it is not told twice.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define MUCH 200000

/* @a has sent it to @b */
struct pair {
	int a, b;
};

static volatile sig_atomic_t told;

static void tell(int signal)
{
	(void)signal;
	told++;
}

static struct pair connected(int family)
{
	struct sockaddr_in6 at = { .sin6_family = family };
	socklen_t len = sizeof(at);
	int l = socket(family, SOCK_STREAM, 0);
	struct pair p = { .a = socket(family, SOCK_STREAM, 0) };

	if (family == AF_INET)
		((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		at.sin6_addr = in6addr_loopback;
	CHECK(bind(l, (void *)&at, sizeof(at)) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, (void *)&at, &len) == 0 && connect(p.a, (void *)&at, len) == 0);
	p.b = accept(l, NULL, NULL);
	CHECK(p.b >= 0);
	close(l);
	return p;
}

static void come(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	CHECK(poll(&p, 1, 5000) == 1 && p.revents & what);
}

/* "before!" and then @more bytes, of which the '!' is urgent */
static struct pair sent(int family, bool in_line, size_t more)
{
	struct pair p = connected(family);
	char buf[MUCH];
	int one = 1;

	if (in_line)
		CHECK(setsockopt(p.b, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)) == 0);
	CHECK(send(p.a, "before!", 7, MSG_OOB) == 7);
	work_fill(buf, more, 9);
	CHECK(send(p.a, buf, more, 0) == (ssize_t)more);
	come(p.b, POLLPRI);
	return p;
}

static void take(int fd, const char *want, size_t n)
{
	char buf[MUCH];

	CHECK(recv(fd, buf, n, MSG_WAITALL) == (ssize_t)n);
	CHECK(!memcmp(buf, want, n));
}

static void take_more(int fd, size_t n)
{
	char buf[MUCH];

	CHECK(recv(fd, buf, n, MSG_WAITALL) == (ssize_t)n && work_same(buf, n, 9));
}

static bool at_mark(int fd)
{
	int is = -1;

	CHECK(ioctl(fd, SIOCATMARK, &is) == 0);
	return is;
}

static void take_urgent(int fd)
{
	char c = 0;

	CHECK(recv(fd, &c, 1, MSG_OOB) == 1 && c == '!');
	CHECK(recv(fd, &c, 1, MSG_OOB) == -1 && errno == EINVAL);
}

static void talk(struct pair p)
{
	CHECK(send(p.a, "on", 2, 0) == 2);
	take(p.b, "on", 2);
	CHECK(send(p.b, "and?", 4, MSG_OOB) == 4);
	take(p.a, "and", 3);
	come(p.a, POLLPRI);
	CHECK(at_mark(p.a));
}

/* More than there is room for at the other end, then an urgent byte, and more: how much, and where that stands */
static size_t fill(struct pair p, size_t *mark)
{
	static char buf[8 << 20];
	ssize_t n;

	work_fill(buf, sizeof(buf), 3);
	n = send(p.a, buf, sizeof(buf), MSG_DONTWAIT);
	CHECK(n > 0);
	CHECK(setsockopt(p.a, SOL_SOCKET, SO_SNDBUFFORCE, &(int){ 64 << 20 }, sizeof(int)) == 0);
	CHECK(send(p.a, "!", 1, MSG_OOB | MSG_DONTWAIT) == 1);
	*mark = n;
	CHECK(send(p.a, buf, 1000, MSG_DONTWAIT) == 1000);
	return n + 1000;
}

static void drain(struct pair p, size_t all, size_t mark)
{
	char buf[4096];
	size_t n = 0;
	ssize_t r;

	while (n < mark) {
		r = recv(p.b, buf, sizeof(buf), 0);
		CHECK(r > 0);
		n += r;
	}
	CHECK_EQ(n, mark);
	come(p.b, POLLPRI);
	CHECK(at_mark(p.b));
	take_urgent(p.b);
	for (; n < all; n += r)
		CHECK((r = recv(p.b, buf, sizeof(buf), 0)) > 0);
	CHECK_EQ(n, all);
}

int main(void)
{
	struct pair waits, waits6, taken, line, mark, gone, full, spent;
	struct sigaction sa = { .sa_handler = tell };
	size_t all, at;

	CHECK(sigaction(SIGURG, &sa, NULL) == 0);
	waits = connected(AF_INET);
	CHECK(fcntl(waits.b, F_SETOWN, getpid()) == 0);
	CHECK(send(waits.a, "before!", 7, MSG_OOB) == 7);
	come(waits.b, POLLPRI);
	CHECK_EQ(told, 1);
	waits6 = sent(AF_INET6, false, MUCH);
	taken = sent(AF_INET, false, 10);
	take_urgent(taken.b);
	line = sent(AF_INET, true, 10);
	mark = sent(AF_INET, false, 10);
	take(mark.b, "before", 6);
	gone = sent(AF_INET, false, 10);
	close(gone.a);
	come(gone.b, POLLRDHUP);
	spent = sent(AF_INET6, false, 10);
	take(spent.b, "before", 6);
	take_urgent(spent.b);
	full = connected(AF_INET);
	all = fill(full, &at);

	work_ready();

	CHECK_EQ(told, 1);
	take(waits.b, "before", 6);
	CHECK(at_mark(waits.b));
	take_urgent(waits.b);
	talk(waits);
	take_urgent(waits6.b);
	take(waits6.b, "before", 6);
	CHECK(at_mark(waits6.b));
	take_more(waits6.b, MUCH);
	talk(waits6);
	CHECK(recv(taken.b, &(char){ 0 }, 1, MSG_OOB) == -1 && errno == EINVAL);
	take(taken.b, "before", 6);
	CHECK(at_mark(taken.b));
	take_more(taken.b, 10);
	talk(taken);
	come(line.b, POLLPRI);
	take(line.b, "before", 6);
	CHECK(at_mark(line.b));
	take(line.b, "!", 1);
	take_more(line.b, 10);
	talk(line);
	CHECK(at_mark(mark.b));
	take_urgent(mark.b);
	take_more(mark.b, 10);
	talk(mark);
	take(gone.b, "before", 6);
	take_urgent(gone.b);
	take_more(gone.b, 10);
	CHECK(recv(gone.b, &(char){ 0 }, 1, 0) == 0);
	CHECK(at_mark(spent.b));
	CHECK(recv(spent.b, &(char){ 0 }, 1, MSG_OOB) == -1 && errno == EINVAL);
	take_more(spent.b, 10);
	talk(spent);
	drain(full, all, at);
	work_pass();
}
