// SPDX-License-Identifier: GPL-2.0-or-later
/* Regular files: position, flags, append, read-only and write-only, on an odd name, a hole before the position. */
#include "tests/work/work.h"

int main(void)
{
	const char *odd = "odd \\ name\n\twith (deleted)";
	int rd, wr, ap, rw, far, dsync;
	struct stat a, b;
	char buf[16];

	wr = open(odd, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	CHECK(wr >= 0 && write(wr, "0123456789", 10) == 10);
	rd = open(odd, O_RDONLY | O_CLOEXEC | O_NOATIME);
	ap = open(odd, O_WRONLY | O_APPEND | O_NONBLOCK);
	rw = open(odd, O_RDWR);
	far = open(odd, O_RDWR);
	dsync = open(odd, O_RDWR | O_DSYNC | O_NOCTTY);
	CHECK(rd >= 0 && ap >= 0 && rw >= 0 && far >= 0 && dsync >= 0);
	CHECK(read(rd, buf, 3) == 3);
	CHECK(lseek(far, 1ll << 40, SEEK_SET) == 1ll << 40);
	CHECK(dup2(rw, 200) == 200);
	close(rw);
	CHECK(fstat(wr, &a) == 0);

	work_ready();

	CHECK_EQ(lseek(wr, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(rd, 0, SEEK_CUR), 3);
	CHECK_EQ(lseek(far, 0, SEEK_CUR), 1ll << 40);
	CHECK_EQ(fcntl(wr, F_GETFL) & ~0100000, O_WRONLY);
	CHECK_EQ(fcntl(rd, F_GETFL) & ~0100000, O_RDONLY | O_NOATIME);
	CHECK_EQ(fcntl(ap, F_GETFL) & ~0100000, O_WRONLY | O_APPEND | O_NONBLOCK);
	CHECK_EQ(fcntl(200, F_GETFL) & ~0100000, O_RDWR);
	CHECK_EQ(fcntl(dsync, F_GETFL) & ~0100000, O_RDWR | O_DSYNC);
	CHECK_EQ(fcntl(rd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(wr, F_GETFD), 0);
	CHECK(fcntl(rw, F_GETFD) == -1);
	CHECK(fstat(wr, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec);
	CHECK(write(ap, "AB", 2) == 2);
	CHECK(read(rd, buf, 16) == 9 && !memcmp(buf, "3456789AB", 9));
	CHECK(write(rd, "x", 1) == -1 && read(wr, buf, 1) == -1);
	work_pass();
}
