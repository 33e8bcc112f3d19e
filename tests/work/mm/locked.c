// SPDX-License-Identifier: GPL-2.0-or-later
/* Locked memory: mlock, mlock2 on fault, mlockall for the future; without access, and behind the end of a file. */
#include <sys/mman.h>

#include "tests/work/work.h"

#define SZ (64 << 10)

static long locked_kb(void)
{
	return atol(work_field("/proc/self/status", "VmLck"));
}

int main(void)
{
	char *a = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *b = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *c;
	unsigned char vec[SZ / 4096];
	long before, n;
	char *none = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *cut;
	int fd = open("cut", O_RDWR | O_CREAT | O_TRUNC, 0600);
	pid_t pid;

	CHECK(fd >= 0 && ftruncate(fd, SZ) == 0);
	cut = mmap(NULL, SZ, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(none != MAP_FAILED && cut != MAP_FAILED);
	none[4096] = 7;
	CHECK(mlock(none, SZ) == 0 && mprotect(none, SZ, PROT_NONE) == 0);
	CHECK(mlock(cut, SZ) == 0 && ftruncate(fd, 4096) == 0);
	CHECK(a != MAP_FAILED && b != MAP_FAILED);
	CHECK(mlock(a, SZ) == 0);
	CHECK(mlock2(b, SZ, MLOCK_ONFAULT) == 0);
	b[4096] = 1;
	before = locked_kb();
	CHECK(before == 4 * SZ / 1024);
	pid = work_fork();
	if (pid == 0) {
		CHECK(mlockall(MCL_FUTURE) == 0);
		work_up();
		work_wait();
		n = locked_kb();
		c = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(c != MAP_FAILED);
		CHECK_EQ(locked_kb(), n + SZ / 1024);
		_exit(0);
	}
	work_ready();
	CHECK_EQ(locked_kb(), before);
	CHECK(mincore(a, SZ, vec) == 0);
	for (n = 0; n < SZ / 4096; n++)
		CHECK(vec[n] & 1);
	CHECK_EQ(b[4096], 1);
	CHECK(mincore(b, SZ, vec) == 0);
	CHECK((vec[1] & 1) && !(vec[8] & 1));	/* on fault: still not there */
	CHECK(mprotect(none, SZ, PROT_READ) == 0 && none[4096] == 7);
	work_join(pid, 0);
	work_pass();
}
