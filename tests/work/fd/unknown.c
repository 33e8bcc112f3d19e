// SPDX-License-Identifier: GPL-2.0-or-later
/* What cannot be carried yet: an io_uring, a socket of an odd family, a userfaultfd. It must go on unharmed. */
#include <linux/io_uring.h>
#include <sys/socket.h>

#include "tests/work/work.h"

int main(void)
{
	struct io_uring_params p = { 0 };
	int s, ring = syscall(SYS_io_uring_setup, 4, &p), uffd;

	s = socket(AF_VSOCK, SOCK_STREAM, 0);
	CHECK(s >= 0);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	work_ready();
	CHECK(ring < 0 || fcntl(ring, F_GETFD) >= 0);
	CHECK(uffd < 0 || fcntl(uffd, F_GETFD) >= 0);
	CHECK(fcntl(s, F_GETFD) >= 0);
	work_pass();
}
