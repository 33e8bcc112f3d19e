// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sockets of somebody else than root, of all states that a descriptor can be in: whose they are is what a
 * firewall asks for, and who alone may share their port (SO_REUSEPORT).
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/work/work.h"

enum { THEIRS = 1234, GROUP = 1235 };

/* @own: does a socket of @uid get a share of the port? */
static void share(const struct sockaddr_in *a, uid_t uid, bool own)
{
	int on = 1, fd;

	CHECK(seteuid(uid) == 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(seteuid(0) == 0);
	CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	CHECK_EQ(bind(fd, (const void *)a, sizeof(*a)) == 0 && listen(fd, 1) == 0, own);
	close(fd);
}

int main(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, any = in, none = in;
	enum { LISTENER, CALLER, ACCEPTED, FRESH, BOUND, REFUSED, ROOTS, NR };
	socklen_t len = sizeof(in);
	struct stat st;
	int fd[NR], on = 1, i;

	fd[ROOTS] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(setegid(GROUP) == 0 && seteuid(THEIRS) == 0);
	for (i = 0; i < ROOTS; i++)
		if (i != ACCEPTED)
			CHECK((fd[i] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
	CHECK(setsockopt(fd[LISTENER], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
	CHECK(bind(fd[LISTENER], (void *)&in, len) == 0 && listen(fd[LISTENER], 5) == 0);
	CHECK(getsockname(fd[LISTENER], (void *)&in, &len) == 0);
	CHECK(connect(fd[CALLER], (void *)&in, len) == 0);
	CHECK((fd[ACCEPTED] = accept(fd[LISTENER], NULL, NULL)) >= 0);
	CHECK(bind(fd[BOUND], (void *)&any, len) == 0);
	CHECK(getsockname(fd[BOUND], (void *)&none, &len) == 0);
	CHECK(connect(fd[REFUSED], (void *)&none, len) < 0 && errno == ECONNREFUSED);
	CHECK(seteuid(0) == 0 && setegid(0) == 0);
	share(&in, THEIRS, true);
	share(&in, THEIRS + 1, false);
	work_ready();
	for (i = 0; i < NR; i++) {
		CHECK(fstat(fd[i], &st) == 0);
		CHECK_EQ(st.st_uid, i == ROOTS ? 0 : THEIRS);
		CHECK_EQ(st.st_gid, i == ROOTS ? 0 : GROUP);
	}
	share(&in, THEIRS, true);
	share(&in, THEIRS + 1, false);
	CHECK(write(fd[CALLER], "x", 1) == 1 && read(fd[ACCEPTED], &on, 1) == 1);
	work_pass();
}
