// SPDX-License-Identifier: GPL-2.0-or-later
/* A memfd mapped and open, with seals, shared by two processes. */
#include "tests/work/work.h"

#define SZ (1 << 20)

int main(void)
{
	int fd = memfd_create("a memfd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int plain = memfd_create("plain", 0);
	char *m, *ro;
	pid_t pid;

	CHECK(fd >= 0 && plain >= 0);
	CHECK(ftruncate(fd, SZ) == 0 && ftruncate(plain, 10 * SZ) == 0);
	m = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	work_fill(m, SZ / 2, 3);
	CHECK(pwrite(plain, "sparse", 6, 5 * SZ) == 6);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) == 0);
	ro = mmap(NULL, SZ, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(ro != MAP_FAILED);
	pid = work_fork();
	if (pid == 0) {
		work_up();
		work_wait();
		while (((volatile char *)ro)[SZ - 1] != 'p')
			work_sleep(1);
		CHECK(work_same(ro, SZ / 2, 3));
		_exit(0);
	}
	work_ready();
	CHECK(work_same(m, SZ / 2, 3));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE);
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(ftruncate(fd, 0) == -1 && errno == EPERM);
	CHECK(pwrite(fd, "x", 1, 0) == -1 && errno == EPERM);
	m[SZ - 1] = 'p';		/* the old mapping may still write */
	CHECK_EQ(ro[SZ - 1], 'p');
	char buf[8] = "", link[64];
	struct stat st;
	ssize_t n;

	CHECK(pread(plain, buf, 6, 5 * SZ) == 6 && !strcmp(buf, "sparse"));
	CHECK(fstat(plain, &st) == 0 && st.st_size == 10 * SZ);
	CHECK(st.st_blocks * 512 < SZ);		/* holes are holes */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	char name[64];

	n = readlink(link, name, sizeof(name) - 1);
	CHECK(n > 0);
	name[n] = 0;
	CHECK_STR(name, "/memfd:a memfd (deleted)");
	work_join(pid, 0);
	work_pass();
}
