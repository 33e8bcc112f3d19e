// SPDX-License-Identifier: GPL-2.0-or-later
/* Memfds not mapped: content, position, name, a second description, huge sparse one. */
#include "tests/work/work.h"

int main(void)
{
	int fd = memfd_create("name with \"odd\" signs", 0), ro, sealed = memfd_create("s", MFD_ALLOW_SEALING);
	char path[64], buf[16];
	struct stat st;

	CHECK(fd >= 0 && sealed >= 0 && write(fd, "0123456789", 10) == 10);
	CHECK(lseek(fd, 3, SEEK_SET) == 3 && fchmod(fd, 0600) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY);
	CHECK(ro >= 0);
	CHECK(write(sealed, "sealed", 6) == 6);
	CHECK(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL | F_SEAL_SHRINK) == 0);
	work_ready();
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	CHECK_EQ(lseek(ro, 0, SEEK_CUR), 0);
	CHECK(write(fd, "X", 1) == 1);
	CHECK(read(ro, buf, 16) == 10 && !memcmp(buf, "012X456789", 10));
	CHECK(write(ro, "x", 1) == -1);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_EQ(fcntl(sealed, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SEAL | F_SEAL_SHRINK);
	CHECK(pread(sealed, buf, 16, 0) == 6 && !memcmp(buf, "sealed", 6));
	CHECK_EQ(lseek(sealed, 0, SEEK_CUR), 6);
	work_pass();
}
