// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory at the very bottom of the address space (page 0, where that is allowed), and at the very top. */
#include "tests/work/work.h"

#define PAGE 4096UL
#define TOP 0x7ffffffff000UL

static char *map(uintptr_t at)
{
	char *p = mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? NULL : p + 8;	/* 0 would be no place for the compiler */
}

int main(void)
{
	uintptr_t at = 0;
	char *low, *top = map(TOP - PAGE);

	CHECK(top);
	for (low = map(0); !low && at < 1 << 20; low = map(at))
		at += PAGE;
	CHECK(low);
	work_fill(low, 2000, 1);
	work_fill(top, 2000, 2);
	work_ready();
	CHECK(work_same(low, 2000, 1) && work_same(top, 2000, 2));
	work_pass();
}
