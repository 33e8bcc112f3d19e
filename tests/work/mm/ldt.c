// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Local descriptor tables: of a process with first and last entry, of all kinds, and a selector of one in a
 * register; a child has its parent's and one entry more.
 */
#include <asm/ldt.h>

#include "tests/work/work.h"

#define BYTES (8192 * 8)

static unsigned char before[BYTES], after[BYTES];

static int set(int entry, unsigned int base, int contents, int flags)
{
	struct user_desc d = { .entry_number = entry, .base_addr = base, .limit = 0xfffff - entry, .contents = contents,
			       .seg_32bit = flags & 1, .read_exec_only = flags >> 1, .limit_in_pages = flags >> 2,
			       .seg_not_present = flags >> 3, .useable = flags >> 4 };

	return syscall(SYS_modify_ldt, 0x11, &d, sizeof(d));
}

static void same(void)
{
	memset(after, 0xff, sizeof(after));
	CHECK_EQ(syscall(SYS_modify_ldt, 0, after, BYTES), BYTES);
	CHECK(!memcmp(before, after, BYTES));
}

static void remember(void)
{
	CHECK_EQ(syscall(SYS_modify_ldt, 0, before, BYTES), BYTES);
}

static unsigned short ds(void)
{
	unsigned short v;

	__asm__ volatile("mov %%ds, %0" : "=r"(v));
	return v;
}

static void take(void)
{
	unsigned short selector = 5 << 3 | 7;

	__asm__ volatile("mov %0, %%ds" : : "r"(selector));
}

int main(void)
{
	unsigned short selector;
	pid_t child;

	if (set(0, 0x12345678, 0, 5))
		work_skip("no modify_ldt");
	CHECK(set(3, 0xfedcba98, 2, 1 | 4 | 16) == 0);
	CHECK(set(5, 0, 0, 1 | 4) == 0);
	CHECK(set(6, 0x1000, 1, 1 | 2) == 0);
	CHECK(set(700, 0x2000, 3, 1 | 8) == 0);
	CHECK(set(8191, 0xffffffff, 0, 1 | 16) == 0);
	if (work_survives(take))
		take();
	selector = ds();
	child = work_fork();
	if (!child) {
		CHECK(set(4000, 0x3000, 0, 1) == 0);
		remember();
		work_up();
		work_wait();
		same();
		_exit(3);
	}
	remember();

	work_ready();

	CHECK_EQ(ds(), selector);
	same();
	work_join(child, 3);
	work_pass();
}
