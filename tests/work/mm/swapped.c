// SPDX-License-Identifier: GPL-2.0-or-later
/* Private and shared memory that is swapped out, in runs and every other page: the same bytes come back. */
#include <sys/mman.h>

#include "tests/work/work.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#define SIZE (4 << 20)
#define PAGES (SIZE / 4096)

static unsigned char *filled(int flags, unsigned int seed)
{
	unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	madvise(p, SIZE, MADV_NOHUGEPAGE);
	work_fill((char *)p, SIZE, seed);
	return p;
}

static void out(unsigned char *p, int from, int step)
{
	int i;

	for (i = from; i < PAGES; i += step)
		madvise(p + i * 4096L, 4096L, MADV_PAGEOUT);
}

int main(void)
{
	unsigned char *own = filled(MAP_PRIVATE, 1), *shared = filled(MAP_SHARED, 2), *every = filled(MAP_PRIVATE, 3);
	int i;

	/* A page or two may be busy just then. */
	for (i = 0; i < 50 && atoi(work_field("/proc/self/status", "VmSwap")) < SIZE / 1024; i++) {
		madvise(own, SIZE, MADV_PAGEOUT);
		madvise(shared, SIZE, MADV_PAGEOUT);
		out(every, 0, 2);
		work_sleep(20);
	}
	if (atoi(work_field("/proc/self/status", "VmSwap")) < SIZE / 1024)
		work_skip("nothing is swapped out");
	work_ready();
	CHECK(work_same((char *)own, SIZE, 1) && work_same((char *)shared, SIZE, 2) && work_same((char *)every, SIZE, 3));
	work_pass();
}
