// SPDX-License-Identifier: GPL-2.0-or-later
/* Unlinked files of any size come back with content, holes, mode, owner, and unlinked; one mapped only. */
#include "tests/work/work.h"

#define BIG (20 << 20)

static int gone(const char *name, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && ftruncate(fd, size) == 0 && unlink(name) == 0);
	return fd;
}

int main(void)
{
	int small = gone("gone-small", 0), big = gone("gone-big", BIG), hole = gone("gone-hole", 1ll << 33);
	int tmp = open(".", O_TMPFILE | O_RDWR, 0600), mapped = gone("gone-mapped", 8192), other, nofollow;
	int temp = open(".", O_TMPFILE | O_RDWR | O_EXCL | O_NOFOLLOW, 0600);	/* as python's tempfile */
	static char zeros[4096];
	char *buf = malloc(BIG), *m, back[16];
	struct stat st;

	CHECK(buf);
	CHECK(write(small, "small", 5) == 5);
	work_fill(buf, BIG, 9);
	CHECK(write(big, buf, BIG) == BIG);
	CHECK(fchown(big, 12, 34) == 0 && fchmod(big, 04751) == 0);
	CHECK(lseek(big, 12345, SEEK_SET) == 12345);
	CHECK(pwrite(hole, "end", 3, (1ll << 33) - 3) == 3);
	CHECK(tmp < 0 || write(tmp, "tmpfile", 7) == 7);
	CHECK(temp < 0 || write(temp, "tempfile", 8) == 8);
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
	CHECK(m != MAP_FAILED);
	strcpy(m + 4096, "mapped");
	close(mapped);
	/* As shm_open(3) opens it; pages of zeros that were written, which are not holes. */
	nofollow = open("gone-nofollow", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	CHECK(nofollow >= 0 && unlink("gone-nofollow") == 0);
	CHECK(pwrite(nofollow, zeros, sizeof(zeros), 0) == 4096 && pwrite(nofollow, "x", 1, 40960) == 1);
	CHECK(pwrite(nofollow, zeros, sizeof(zeros), 81920) == 4096);
	CHECK(pwrite(nofollow, zeros, sizeof(zeros), 300000) == 4096);
	/* A second description of the same unlinked inode, read only. */
	snprintf(back, sizeof(back), "%d", big);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%s", back);
	other = open(path, O_RDONLY);
	CHECK(other >= 0);
	memset(buf, 0, BIG);

	work_ready();

	CHECK_EQ(lseek(big, 0, SEEK_CUR), 12345);
	CHECK(pread(big, buf, BIG, 0) == BIG && work_same(buf, BIG, 9));
	CHECK(fstat(big, &st) == 0);
	CHECK(st.st_size == BIG && st.st_nlink == 0 && st.st_uid == 12 && st.st_gid == 34);
	CHECK_EQ(st.st_mode & 07777, 04751);
	CHECK(pread(small, back, 16, 0) == 5 && !memcmp(back, "small", 5));
	CHECK_EQ(lseek(small, 0, SEEK_CUR), 5);
	CHECK(fstat(hole, &st) == 0 && st.st_size == 1ll << 33 && st.st_blocks < 2048);
	CHECK(pread(hole, back, 3, (1ll << 33) - 3) == 3 && !memcmp(back, "end", 3));
	if (tmp >= 0)
		CHECK(pread(tmp, back, 16, 0) == 7 && !memcmp(back, "tmpfile", 7));
	if (temp >= 0) {
		CHECK(pread(temp, back, 16, 0) == 8 && !memcmp(back, "tempfile", 8));
		CHECK_EQ(lseek(temp, 0, SEEK_CUR), 8);
		CHECK((fcntl(temp, F_GETFL) & (O_TMPFILE | O_NOFOLLOW | O_ACCMODE)) == (O_TMPFILE | O_NOFOLLOW | O_RDWR));
	}
	CHECK(fcntl(nofollow, F_GETFL) & O_NOFOLLOW);
	CHECK(fstat(nofollow, &st) == 0 && st.st_size == 304096 && st.st_nlink == 0);
	CHECK(pread(nofollow, back, 2, 40960) == 2 && !memcmp(back, "x", 2));
	CHECK_STR(m + 4096, "mapped");
	CHECK(pwrite(big, "new", 3, 100) == 3);
	CHECK(pread(other, back, 3, 100) == 3 && !memcmp(back, "new", 3));
	CHECK(write(other, "x", 1) == -1);
	work_pass();
}
