// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Things that stay outside: tests/apps/outside.py opens them and is their other end. 3: a pipe to write to;
 * 4: a terminal; 5: a stream that answers; 6: a datagram socket, connected; 7: a device; 8: a file; 9: a directory.
 */
#include <sys/socket.h>

#include "tests/work/work.h"

static void says(int fd, const char *what)
{
	CHECK(write(fd, what, strlen(what)) == (ssize_t)strlen(what));
}

static void asks(const char *what)
{
	char buf[64];
	ssize_t n;

	says(5, what);
	n = read(5, buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = '\0';
	CHECK(!strncmp(buf, "you said ", 9) && !strcmp(buf + 9, what));
}

int main(void)
{
	char line[8];
	int size;

	if (fcntl(3, F_GETFD) < 0)
		work_skip("needs tests/apps/outside.py");
	size = 100000;
	CHECK(setsockopt(5, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	says(3, "pipe before\n");
	says(4, "terminal before\n");
	asks("stream before");
	says(6, "dgram before");
	CHECK(read(8, line, 5) == 5);
	work_ready();
	says(3, "pipe after\n");
	CHECK(isatty(4));
	says(4, "terminal after\n");
	asks("stream after");
	size = 0;
	CHECK(getsockopt(5, SOL_SOCKET, SO_RCVBUF, &size, &(socklen_t){ sizeof(size) }) == 0 && size == 200000);
	says(6, "dgram after");
	says(7, "nowhere");
	CHECK_EQ(fcntl(3, F_GETFL) & O_ACCMODE, O_WRONLY);
	CHECK_EQ(lseek(8, 0, SEEK_CUR), 5);
	CHECK(faccessat(9, "inside", F_OK, 0) == 0);
	work_pass();
}
