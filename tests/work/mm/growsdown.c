// SPDX-License-Identifier: GPL-2.0-or-later
/* A mapping that grows down, and the main stack, still grow. */
#include "tests/work/work.h"

static int deep(int n)
{
	volatile char frame[4096];

	frame[0] = n;
	frame[4095] = n;
	if (n > 0)
		deep(n - 1);
	return frame[0] == (char)n && frame[4095] == (char)n;
}

int main(void)
{
	/* Room below it, far from anything. */
	char *space = mmap(NULL, 16 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *m;
	int i;

	CHECK(space != MAP_FAILED);
	CHECK(munmap(space, 16 << 20) == 0);
	m = mmap(space + (15 << 20), 65536, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(m == space + (15 << 20));
	work_fill(m, 65536, 1);
	for (i = 1; i <= 4; i++)		/* has grown already */
		m[-i * 4096] = 'a' + i;
	work_ready();
	CHECK(work_same(m, 65536, 1));
	for (i = 1; i <= 4; i++)
		CHECK_EQ(m[-i * 4096], 'a' + i);
	for (i = 5; i <= 20; i++)		/* and grows on */
		m[-i * 4096] = 'a' + i;
	for (i = 5; i <= 20; i++)
		CHECK_EQ(m[-i * 4096], 'a' + i);
	CHECK(deep(500));
	work_pass();
}
