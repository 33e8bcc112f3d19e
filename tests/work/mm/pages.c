// SPDX-License-Identifier: GPL-2.0-or-later
/* Anonymous memory: patterns, holes, zero pages, single bytes, runs across 2 MiB, huge pages. */
#include "tests/work/work.h"

#define MB (1ul << 20)
#define TOTAL (64 * MB)

/* Which pages are written: dense, alternate, sparse, none, by position. */
static int kind(size_t page)
{
	size_t mb = page / 256;

	if (mb < 9)
		return 1;
	if (mb < 16)
		return page % 2;
	if (mb < 32)
		return page % 37 == 0;
	if (mb < 40)
		return 0;
	if (mb < 48)
		return 2;		/* read only: the zero page */
	return page % 600 < 520;	/* runs that cross 2 MiB */
}

int main(void)
{
	char *m = mmap(NULL, TOTAL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char sum = 0;
	size_t i, j;

	CHECK(m != MAP_FAILED);
	for (i = 0; i < TOTAL / 4096; i++) {
		if (kind(i) == 1)
			work_fill(m + i * 4096, 4096, i);
		else if (kind(i) == 2)
			sum += m[i * 4096];
	}
	m[35 * MB + 4095] = 'x';	/* one byte alone */
	memset(m + 36 * MB, 0, MB);	/* written, with zeros */

	work_ready();

	for (i = 0; i < TOTAL / 4096; i++) {
		if (kind(i) == 1) {
			if (!work_same(m + i * 4096, 4096, i))
				work_fail(__FILE__, __LINE__, "page %zu differs", i);
			continue;
		}
		for (j = 0; j < 4096; j++)
			if (m[i * 4096 + j] != (i * 4096 + j == 35 * MB + 4095 ? 'x' : 0))
				work_fail(__FILE__, __LINE__, "byte %zu of page %zu is not zero", j, i);
	}
	work_pass();
}
