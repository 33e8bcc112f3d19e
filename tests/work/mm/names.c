// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of anonymous mappings (PR_SET_VMA_ANON_NAME), where the kernel has them (CONFIG_ANON_VMA_NAME). */
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

	bool has;

	CHECK(a != MAP_FAILED && b != MAP_FAILED);
	has = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a, SZ / 2, "a name: 50% \"odd\"") == 0;
	if (has) {
		CHECK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a + SZ / 2, SZ / 2, "other") == 0);
		CHECK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, b, SZ, "shared one") == 0);
	}
	memset(a, 1, 4096);
	work_ready();
	CHECK_EQ(a[100], 1);
	if (!has)
		work_pass();
	CHECK(named(a, "[anon:a name: 50% \"odd\"]"));
	CHECK(named(a + SZ / 2, "[anon:other]"));
	CHECK(named(b, "[anon_shmem:shared one]"));
	work_pass();
}
