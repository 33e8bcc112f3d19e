// SPDX-License-Identifier: GPL-2.0-or-later
/* O_PATH descriptors of a file, a directory, a symbolic link and a device. */
#include "tests/work/work.h"

int main(void)
{
	int file, dir, link, dev;
	struct stat st;
	char buf[64];

	close(open("target", O_CREAT | O_WRONLY, 0600));
	mkdir("d", 0700);
	unlink("sym");
	CHECK(symlink("target", "sym") == 0);
	file = open("target", O_PATH | O_CLOEXEC);
	dir = open("d", O_PATH | O_DIRECTORY);
	link = open("sym", O_PATH | O_NOFOLLOW);
	dev = open("/dev/null", O_PATH);
	CHECK(file >= 0 && dir >= 0 && link >= 0 && dev >= 0);
	work_ready();
	CHECK_EQ(fcntl(file, F_GETFL) & ~0100000, O_PATH);
	CHECK_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(dir, F_GETFL) & O_PATH);
	CHECK(read(file, buf, 1) == -1 && errno == EBADF);
	CHECK(fstat(file, &st) == 0 && S_ISREG(st.st_mode));
	CHECK(fstat(dir, &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(fstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(fstat(dev, &st) == 0 && S_ISCHR(st.st_mode));
	CHECK_EQ(readlinkat(link, "", buf, sizeof(buf)), 6);
	CHECK(!memcmp(buf, "target", 6));
	work_pass();
}
