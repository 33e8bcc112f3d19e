// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of huge pages with holes in it: it must not come back as more than it was. That the second
 * checkpoint has the same extents proves it; later khugepaged may fill the holes.
 */
#include "tests/work/work.h"

#define BLOCK (2UL << 20)
#define NR 8
#define PAGE 4096UL

int main(void)
{
	char *p = mmap(NULL, (NR + 1) * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	CHECK(p != MAP_FAILED);
	p = (char *)(((uintptr_t)p + BLOCK - 1) & ~(BLOCK - 1));
	if (madvise(p, NR * BLOCK, MADV_HUGEPAGE))
		work_skip("no huge pages");
	work_fill(p, NR * BLOCK, 3);
	/* Of the first three a page each, of the fourth the middle, of the fifth both ends; three whole. */
	for (i = 0; i < 3; i++)
		CHECK(madvise(p + i * BLOCK + PAGE, BLOCK - PAGE, MADV_DONTNEED) == 0);
	CHECK(madvise(p + 3 * BLOCK, BLOCK / 4, MADV_DONTNEED) == 0);
	CHECK(madvise(p + 3 * BLOCK + BLOCK / 2, BLOCK / 2, MADV_DONTNEED) == 0);
	CHECK(madvise(p + 4 * BLOCK + BLOCK / 4, BLOCK / 4, MADV_DONTNEED) == 0);

	work_ready();

	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[3 * BLOCK], 0);
	CHECK_EQ(p[4 * BLOCK + BLOCK / 4], 0);
	for (i = 0; i < 5; i++)
		memset(p + i * BLOCK, 1, BLOCK);
	work_fill(p, 5 * BLOCK, 3);
	CHECK(work_same(p, NR * BLOCK, 3));
	work_pass();
}
