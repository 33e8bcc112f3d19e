// SPDX-License-Identifier: GPL-2.0-or-later
/* Open directories: position within a listing, as dirfd; close-on-exec. */
#include <dirent.h>

#include "tests/work/work.h"

static int list(int fd, char names[][64], int max, int calls)
{
	static char buf[512];	/* half of it is used, so that it takes several calls */
	int n = 0, i;

	while (calls--) {
		long len = syscall(SYS_getdents64, fd, buf, 256), off = 0;

		CHECK(len >= 0);
		if (!len)
			break;
		while (off < len) {
			struct dirent64 *d = (void *)(buf + off);

			CHECK(n < max);
			snprintf(names[n++], 64, "%.60s", d->d_name);
			off += d->d_reclen;
		}
	}
	for (i = 0; i < n; i++)
		CHECK(names[i][0]);
	return n;
}

int main(void)
{
	static char first[64][64], rest[64][64], again[64][64];
	char name[32];
	int fd, ref, i, n, m;

	CHECK(mkdir("listed", 0700) == 0 || errno == EEXIST);
	fd = open("listed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ref = open("listed", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && ref >= 0);
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		close(openat(fd, name, O_CREAT | O_WRONLY, 0600));
	}
	n = list(fd, first, 64, 2);
	CHECK(n > 2 && n < 32);

	work_ready();

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	m = list(fd, rest, 64, 1000);
	CHECK_EQ(n + m, 32);
	CHECK_EQ(list(ref, again, 64, 1000), 32);
	for (i = 0; i < m; i++)
		CHECK_STR(rest[i], again[n + i]);
	CHECK(faccessat(fd, "file7", F_OK, 0) == 0);
	work_pass();
}
