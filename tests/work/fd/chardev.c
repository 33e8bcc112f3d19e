// SPDX-License-Identifier: GPL-2.0-or-later
/* Character devices without state: null, zero, full, random, urandom; by mapping too; kmsg, written to. */
#include <sys/sysmacros.h>

#include "tests/work/work.h"

static const struct {
	const char *name;
	int minor, flags;
} dev[] = {
	{ "/dev/null", 3, O_RDWR }, { "/dev/zero", 5, O_RDWR | O_CLOEXEC }, { "/dev/full", 7, O_WRONLY },
	{ "/dev/random", 8, O_RDONLY | O_NONBLOCK }, { "/dev/urandom", 9, O_RDONLY },
	{ "/dev/kmsg", 11, O_WRONLY },
};

int main(void)
{
	char *m, buf[16] = "x";
	struct stat st;
	int fd[6], i;

	for (i = 0; i < 6; i++) {
		fd[i] = open(dev[i].name, dev[i].flags);
		if (fd[i] < 0 && i == 5)
			work_skip("nobody may write to kmsg");
		CHECK(fd[i] >= 0);
	}
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd[1], 0);
	CHECK(m != MAP_FAILED);
	m[4096] = 'z';
	work_ready();
	for (i = 0; i < 6; i++) {
		CHECK(fstat(fd[i], &st) == 0 && S_ISCHR(st.st_mode));
		CHECK(major(st.st_rdev) == 1);
		CHECK_EQ(minor(st.st_rdev), dev[i].minor);
		CHECK_EQ(fcntl(fd[i], F_GETFL) & ~0100000, dev[i].flags & ~O_CLOEXEC);
		CHECK_EQ(fcntl(fd[i], F_GETFD), dev[i].flags & O_CLOEXEC ? FD_CLOEXEC : 0);
	}
	CHECK_EQ(read(fd[0], buf, 16), 0);
	CHECK(read(fd[1], buf, 16) == 16 && buf[0] == 0);
	CHECK(write(fd[2], "x", 1) == -1 && errno == ENOSPC);
	CHECK_EQ(read(fd[4], buf, 16), 16);
	CHECK(m[0] == 0 && m[4096] == 'z');
	work_pass();
}
