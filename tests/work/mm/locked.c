// SPDX-License-Identifier: GPL-2.0-or-later
/* Locked memory: mlock, mlock2 on fault, mlockall for the future. */
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
	pid_t pid;

	CHECK(a != MAP_FAILED && b != MAP_FAILED);
	CHECK(mlock(a, SZ) == 0);
	CHECK(mlock2(b, SZ, MLOCK_ONFAULT) == 0);
	b[4096] = 1;
	before = locked_kb();
	CHECK(before == 2 * SZ / 1024);
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
	work_join(pid, 0);
	work_pass();
}
