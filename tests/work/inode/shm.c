// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared anonymous memory stays shared between processes, partly mapped, at other addresses. */
#include "tests/work/work.h"

#define SZ (4 << 20)

int main(void)
{
	char *a = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *b;
	atomic_int *flag;
	pid_t pid;

	CHECK(a != MAP_FAILED);
	work_fill(a, SZ / 2, 1);
	flag = (atomic_int *)(a + SZ - 4096);
	pid = work_fork();
	if (pid == 0) {
		/* Elsewhere, and without its first half. */
		b = mremap(a, SZ, SZ, MREMAP_MAYMOVE | MREMAP_FIXED,
			   mmap(NULL, SZ, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		CHECK(b != MAP_FAILED && b != a);
		CHECK(munmap(b, SZ / 4) == 0);
		flag = (atomic_int *)(b + SZ - 4096);
		work_up();
		work_wait();
		while (*flag != 1)
			work_sleep(1);
		CHECK(!memcmp(b + SZ / 2 + 8192, "from parent", 11));
		memcpy(b + SZ / 2 + 16384, "from child", 10);
		*flag = 2;
		_exit(0);
	}
	work_ready();
	CHECK(work_same(a, SZ / 2, 1));
	CHECK_EQ(*flag, 0);
	memcpy(a + SZ / 2 + 8192, "from parent", 11);
	*flag = 1;
	while (*flag != 2)
		work_sleep(1);
	CHECK(!memcmp(a + SZ / 2 + 16384, "from child", 10));
	work_join(pid, 0);
	work_pass();
}
