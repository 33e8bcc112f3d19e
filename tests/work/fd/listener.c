// SPDX-License-Identifier: GPL-2.0-or-later
/* Listeners: TCP on the host's network, unix by name and abstract, with their backlog; no connection. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/work/work.h"

/* Keys of TCP fast open: one, and two */
static void set_keys(int fd, size_t len)
{
	char key[32];

	work_fill(key, sizeof(key), len);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, key, len) == 0);
}

static void has_keys(int fd, size_t want)
{
	char key[64];
	socklen_t len = sizeof(key);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, key, &len) == 0);
	CHECK_EQ(len, want);
	CHECK(work_same(key, want, want));
}

int main(void)
{
	int one = socket(AF_INET, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), un = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, back;
	struct sockaddr_un ua = { .sun_family = AF_UNIX, .sun_path = "listen.sock" };
	socklen_t len = sizeof(back);
	int on = 1, c;

	CHECK(tcp >= 0 && un >= 0);
	CHECK(setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(bind(tcp, (void *)&in, sizeof(in)) == 0 && listen(tcp, 17) == 0);
	CHECK(getsockname(tcp, (void *)&back, &len) == 0);
	unlink("listen.sock");
	CHECK(bind(un, (void *)&ua, sizeof(ua)) == 0 && listen(un, 5) == 0);
	CHECK(listen(one, 2) == 0 && listen(two, 2) == 0);
	set_keys(one, 16);
	set_keys(two, 32);
	work_ready();
	has_keys(one, 16);
	has_keys(two, 32);
	CHECK_EQ(fcntl(tcp, F_GETFD), FD_CLOEXEC);
	len = sizeof(on);
	on = 0;
	CHECK(getsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, &len) == 0 && on == 1);
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(c, (void *)&back, sizeof(back)) == 0);
	CHECK(write(c, "tcp", 3) == 3);
	on = accept(tcp, NULL, NULL);
	char buf[8];

	CHECK(on >= 0 && read(on, buf, 8) == 3);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (void *)&ua, sizeof(ua)) == 0);
	on = accept(un, NULL, NULL);
	CHECK(on >= 0);
	work_pass();
}
