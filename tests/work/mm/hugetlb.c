// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of huge pages, private and shared. */
#include "tests/work/work.h"

#define SZ (2ul << 20)

int main(void)
{
	char *a, *b;

	a = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (a == MAP_FAILED)
		work_skip("no huge pages: echo 4 > /proc/sys/vm/nr_hugepages");
	b = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (b == MAP_FAILED)
		work_skip("not enough huge pages: echo 4 > /proc/sys/vm/nr_hugepages");
	work_fill(a, SZ, 1);
	work_fill(b, SZ, 2);
	work_ready();
	CHECK(work_same(a, SZ, 1));
	CHECK(work_same(b, SZ, 2));
	CHECK(munmap(a, 4096) == -1 && errno == EINVAL);	/* still a huge page */
	work_pass();
}
