// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP connections, and what UDP says, over a link from one network namespace of the container to another, which has a
 * bridge. Whoever starts it has made them: net_pair ADDRESS LISTENS: it listens or connects at ADDRESS.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define PORT 8080

static struct sockaddr_storage at(const char *addr, socklen_t *len)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in6 *v6 = (void *)&a;
	struct sockaddr_in *v4 = (void *)&a;

	if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
		a.ss_family = AF_INET;
		v4->sin_port = htons(PORT);
		*len = sizeof(*v4);
		return a;
	}
	CHECK(inet_pton(AF_INET6, addr, &v6->sin6_addr) == 1);
	a.ss_family = AF_INET6;
	v6->sin6_port = htons(PORT);
	*len = sizeof(*v6);
	return a;
}

static void say(int fd, int what)
{
	char buf[3000];

	work_fill(buf, sizeof(buf), what);
	CHECK_EQ(send(fd, buf, sizeof(buf), MSG_NOSIGNAL), sizeof(buf));
}

static void hear(int fd, int what)
{
	char buf[3000];
	struct timeval t = { .tv_sec = 20 };
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	n = recv(fd, buf, sizeof(buf), MSG_WAITALL);
	if (n != (ssize_t)sizeof(buf))
		work_fail(__FILE__, __LINE__, "of message %d, %zd bytes", what, n);
	CHECK(work_same(buf, sizeof(buf), what));
}

static int new_socket(int family, int type)
{
	int one = 1, s = socket(family, type, 0);

	CHECK(s >= 0 && setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	return s;
}

static int reach(const struct sockaddr_storage *a, socklen_t len, int type)
{
	int s = new_socket(a->ss_family, type), i;

	for (i = 0; i < 200 && connect(s, (const void *)a, len); i++)
		work_sleep(50);
	CHECK(i < 200);
	return s;
}

int main(int argc, char **argv)
{
	struct sockaddr_storage a;
	int l, u, c, half, s;
	socklen_t len;

	work_own("net");
	CHECK(argc == 3);
	a = at(argv[1], &len);
	if (!strcmp(argv[2], "connect")) {
		c = reach(&a, len, SOCK_STREAM);
		half = reach(&a, len, SOCK_STREAM);
		u = reach(&a, len, SOCK_DGRAM);
		say(c, 1);
		hear(c, 2);
		say(c, 3);
		say(u, 4);
		CHECK(shutdown(half, SHUT_WR) == 0);
		work_ready();
		hear(c, 5);
		say(c, 6);
		hear(half, 7);
		say(reach(&a, len, SOCK_STREAM), 8);
		say(u, 9);
		work_pass();
	}
	l = new_socket(a.ss_family, SOCK_STREAM);
	CHECK(bind(l, (void *)&a, len) == 0 && listen(l, 5) == 0);
	u = new_socket(a.ss_family, SOCK_DGRAM);
	CHECK(bind(u, (void *)&a, len) == 0);
	printf("listens\n");
	fflush(stdout);
	c = accept(l, NULL, NULL);
	half = accept(l, NULL, NULL);
	CHECK(c >= 0 && half >= 0);
	hear(c, 1);
	say(c, 2);
	CHECK_EQ(recv(half, &s, 1, 0), 0);	/* its end: all before it has come */
	work_ready();
	hear(c, 3);
	hear(u, 4);
	say(c, 5);
	hear(c, 6);
	say(half, 7);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	hear(s, 8);
	hear(u, 9);
	work_pass();
}
