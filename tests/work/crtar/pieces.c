// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory in as many pieces as it has pages, far enough from each other to be an extent each; between
 * them there is nothing, and some of that is written.
 * pieces [NR]: so many, 3000.
 */
#include "tests/work/work.h"

#define PAGE 4096ul
#define STEP (17 * PAGE)

static char *mem;

static void zeros(const char *p)
{
	size_t i;

	for (i = 0; i < PAGE; i++)
		if (p[i])
			work_fail(__FILE__, __LINE__, "%p is not zero", p);
}

static void check(size_t i)
{
	if (!work_same(mem + i * STEP, PAGE, i))
		work_fail(__FILE__, __LINE__, "piece %zu differs", i);
}

int main(int argc, char **argv)
{
	size_t nr = argc > 1 ? atoi(argv[1]) : 3000, i;

	mem = mmap(NULL, nr * STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(mem != MAP_FAILED);
	CHECK(!madvise(mem, nr * STEP, MADV_NOHUGEPAGE));
	for (i = 0; i < nr; i++)
		work_fill(mem + i * STEP, PAGE, i);

	work_ready();

	for (i = nr; i-- > 0;) {
		if (i % 7 == 3)
			check(i);
		if (i % 97 == 5) {
			zeros(mem + i * STEP + 8 * PAGE);
			mem[i * STEP + 9 * PAGE + 5] = 1;
			zeros(mem + i * STEP + 10 * PAGE);
		}
	}
	for (i = 0; i < nr; i++)
		check(i);
	work_pass();
}
