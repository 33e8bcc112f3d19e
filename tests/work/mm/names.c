// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of anonymous mappings (PR_SET_VMA_ANON_NAME). */
#include <linux/prctl.h>

#include "tests/work/work.h"

#define SZ (64 << 10)

static bool named(void *p, const char *name)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long lo;
	char line[4096];
	bool yes = false;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-", &lo) == 1 && lo == (unsigned long)p)
			yes = strstr(line, name) != NULL;
	fclose(f);
	return yes;
}

int main(void)
{
	char *a = mmap(NULL, SZ, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *b = mmap(NULL, SZ, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(a != MAP_FAILED && b != MAP_FAILED);
	if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a, SZ / 2, "a name: 50% \"odd\""))
		work_skip("this kernel has no CONFIG_ANON_VMA_NAME");
	CHECK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a + SZ / 2, SZ / 2, "other") == 0);
	CHECK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, b, SZ, "shared one") == 0);
	memset(a, 1, 4096);
	work_ready();
	CHECK(named(a, "[anon:a name: 50% \"odd\"]"));
	CHECK(named(a + SZ / 2, "[anon:other]"));
	CHECK(named(b, "[anon_shmem:shared one]"));
	CHECK_EQ(a[100], 1);
	work_pass();
}
