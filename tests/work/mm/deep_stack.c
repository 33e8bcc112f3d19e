// SPDX-License-Identifier: GPL-2.0-or-later
/* A program at its deepest, with nothing unused at the end of its stack where a tape could lie. */
#include "tests/work/work.h"

static void __attribute__((noinline)) deeper(int n)
{
	volatile char here[4000];

	memset((void *)here, n, sizeof(here));
	if (n)
		deeper(n - 1);
	else
		work_ready();
	for (size_t i = 0; i < sizeof(here); i++)
		CHECK_EQ(here[i], (char)n);
}

int main(void)
{
	deeper(400);
	work_pass();
}
