// SPDX-License-Identifier: GPL-2.0-or-later
/* A working directory, and an open one, that are deleted. */
#include "tests/work/work.h"

int main(void)
{
	char buf[256];
	struct stat st;
	int fd;

	CHECK(mkdir("doomed", 0751) == 0 && mkdir("doomed2", 0700) == 0);
	fd = open("doomed2", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && chdir("doomed") == 0);
	CHECK(rmdir("../doomed") == 0 && rmdir("../doomed2") == 0);
	work_ready();
	CHECK(getcwd(buf, sizeof(buf)) == NULL && errno == ENOENT);
	CHECK(stat(".", &st) == 0 && st.st_nlink == 0);
	CHECK_EQ(st.st_mode & 07777, 0751);
	CHECK(open("x", O_CREAT | O_WRONLY, 0600) == -1 && errno == ENOENT);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
	CHECK(chdir("/") == 0);
	work_pass();
}
