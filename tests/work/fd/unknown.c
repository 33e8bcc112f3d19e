// SPDX-License-Identifier: GPL-2.0-or-later
/* What cannot be carried yet: an io_uring, a connected socket, a userfaultfd. It must go on unharmed. */
#include <linux/io_uring.h>
#include <sys/socket.h>

#include "tests/work/work.h"

int main(void)
{
	struct io_uring_params p = { 0 };
	int s[2], ring = syscall(SYS_io_uring_setup, 4, &p), uffd;
	char buf[4];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	CHECK(write(s[0], "abc", 3) == 3);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	work_ready();
	CHECK(ring < 0 || fcntl(ring, F_GETFD) >= 0);
	CHECK(uffd < 0 || fcntl(uffd, F_GETFD) >= 0);
	CHECK(read(s[1], buf, 4) == 3 && !memcmp(buf, "abc", 3));
	work_pass();
}
