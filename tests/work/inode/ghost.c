// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file opened by a name that is gone while another of its names is there; one that is gone while
 * another file has its name.
 */
#include "tests/work/work.h"

int main(void)
{
	struct stat a, b;
	char buf[8];
	int fd, gone;

	gone = open("rotated", O_RDWR | O_CREAT | O_TRUNC, 0640);
	CHECK(gone >= 0 && write(gone, "old", 3) == 3 && unlink("rotated") == 0);
	fd = open("rotated", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, "new", 3) == 3 && close(fd) == 0);
	unlink("other-name");
	fd = open("first-name", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, "content", 7) == 7);
	CHECK(link("first-name", "other-name") == 0 && unlink("first-name") == 0);
	CHECK(stat("other-name", &a) == 0);
	work_ready();
	CHECK(pread(gone, buf, 8, 0) == 3 && !memcmp(buf, "old", 3));
	CHECK(fstat(gone, &b) == 0 && b.st_nlink == 0 && b.st_mode == (S_IFREG | 0640));
	CHECK(stat("rotated", &b) == 0 && b.st_size == 3);
	CHECK(fstat(fd, &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev && b.st_nlink == 1);
	CHECK(pread(fd, buf, 8, 0) == 7 && !memcmp(buf, "content", 7));
	CHECK(access("first-name", F_OK) == -1);
	CHECK(pwrite(fd, "C", 1, 0) == 1);
	fd = open("other-name", O_RDONLY);
	CHECK(fd >= 0 && read(fd, buf, 1) == 1 && buf[0] == 'C');
	work_pass();
}
