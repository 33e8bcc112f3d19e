// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages that parent and child share copy-on-write are shared still: memory is not doubled. */
#include "tests/work/work.h"

#define SZ (16 << 20)

static long value(const char *key)
{
	return atol(work_field("/proc/self/smaps_rollup", key));
}

static void fill(char *m)
{
	long i;

	for (i = 0; i < SZ; i += 4096)
		work_fill(m + i, 4096, i);
}

static void check(const char *m, long from, long to)
{
	long i;

	for (i = from; i < to; i += 4096)
		CHECK(work_same(m + i, 4096, i));
}

int main(void)
{
	char *m = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	CHECK(m != MAP_FAILED);
	fill(m);
	pid = work_fork();
	if (pid == 0) {
		memset(m, 'c', 4096);
		work_up();
		work_wait();
		CHECK_EQ(m[0], 'c');
		check(m, 4096, SZ);
		/* Most of what is resident is not ours alone. */
		CHECK(value("Private_Dirty") < SZ / 1024 / 2);
		_exit(0);
	}
	memset(m + SZ - 4096, 'p', 4096);
	work_ready();
	CHECK_EQ(m[SZ - 1], 'p');
	check(m, 0, SZ - 4096);
	work_join(pid, 0);
	work_pass();
}
