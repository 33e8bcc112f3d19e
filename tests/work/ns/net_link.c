// SPDX-License-Identifier: GPL-2.0-or-later
/* A connection over a link to the outside: what it says comes back, also when the link was made again. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static void talk(int fd, const char *what)
{
	char back[64] = "";
	size_t n = 0;
	ssize_t got;

	CHECK(write(fd, what, strlen(what)) == (ssize_t)strlen(what));
	while (n < strlen(what)) {
		got = read(fd, back + n, sizeof(back) - 1 - n);
		CHECK(got > 0);
		n += got;
	}
	CHECK_STR(back, what);
}

static int reach(const char *addr, int port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool is6 = strchr(addr, ':');
	int fd = socket(is6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && inet_pton(is6 ? AF_INET6 : AF_INET, addr, is6 ? (void *)&v6.sin6_addr : &v4.sin_addr) == 1);
	CHECK(connect(fd, is6 ? (void *)&v6 : (void *)&v4, is6 ? sizeof(v6) : sizeof(v4)) == 0);
	return fd;
}

/* net_link PORT ADDRESS...: an echo is there */
int main(int argc, char **argv)
{
	int fd[8], i;

	work_own("net");
	CHECK(argc > 2 && argc < 10);
	for (i = 2; i < argc; i++) {
		fd[i - 2] = reach(argv[i], atoi(argv[1]));
		talk(fd[i - 2], "before");
	}

	work_ready();

	for (i = 2; i < argc; i++) {
		talk(fd[i - 2], "after");
		close(fd[i - 2]);
		talk(reach(argv[i], atoi(argv[1])), "anew");
	}
	work_pass();
}
