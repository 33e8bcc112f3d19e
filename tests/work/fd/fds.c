// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptor tables: odd and high numbers, closed standard ones, close-on-exec, many of one file, a limit below them. */
#include <sys/resource.h>

#include "tests/work/work.h"

#define MANY 300

int main(void)
{
	struct rlimit r = { 1500, 20000 };
	int fd = open("fds.txt", O_RDWR | O_CREAT | O_TRUNC, 0600), i;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = 1500;
	CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0);
	CHECK(dup3(fd, 1499, O_CLOEXEC) == 1499);
	CHECK(dup2(fd, 777) == 777);
	for (i = 0; i < MANY; i++) {
		int n = open("fds.txt", i % 2 ? O_RDONLY : O_RDWR);

		CHECK(n >= 0 && dup3(n, 1000 + i, i % 3 ? 0 : O_CLOEXEC) == 1000 + i);
		CHECK(lseek(n, i, SEEK_SET) == i);
		close(n);
	}
	close(0);
	close(fd);
	r.rlim_cur = 10;	/* below what is open */
	CHECK(setrlimit(RLIMIT_NOFILE, &r) == 0);

	work_ready();

	CHECK(fcntl(0, F_GETFD) == -1 && fcntl(fd, F_GETFD) == -1);
	CHECK_EQ(fcntl(1499, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(777, F_GETFD), 0);
	for (i = 0; i < MANY; i++) {
		CHECK_EQ(fcntl(1000 + i, F_GETFD), i % 3 ? 0 : FD_CLOEXEC);
		CHECK_EQ(lseek(1000 + i, 0, SEEK_CUR), i);
		CHECK_EQ(fcntl(1000 + i, F_GETFL) & O_ACCMODE, i % 2 ? O_RDONLY : O_RDWR);
	}
	CHECK(fcntl(1000 + MANY, F_GETFD) == -1);
	CHECK_EQ(lseek(777, 5, SEEK_SET), 5);
	CHECK_EQ(lseek(1499, 0, SEEK_CUR), 5);
	CHECK_EQ(open("fds.txt", O_RDONLY), 0);		/* the lowest free number */
	CHECK_EQ(open("fds.txt", O_RDONLY), 3);
	work_pass();
}
