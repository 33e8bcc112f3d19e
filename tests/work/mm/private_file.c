// SPDX-License-Identifier: GPL-2.0-or-later
/* Private mappings of a file: changed pages are kept, clean ones come from the file; one unlinked. */
#include "tests/work/work.h"

#define SZ (1 << 20)

static char *map(const char *name, int seed)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *buf = malloc(SZ), *m;

	CHECK(fd >= 0 && buf);
	work_fill(buf, SZ, seed);
	CHECK(write(fd, buf, SZ) == SZ);
	free(buf);
	/* Half a page and more beyond the end of the file. */
	m = mmap(NULL, SZ + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(m != MAP_FAILED);
	close(fd);
	return m;
}

static void check(char *m, int seed)
{
	char *want = malloc(SZ);
	int i;

	work_fill(want, SZ, seed);
	memcpy(want + 40960, "changed", 7);
	want[SZ - 1] = '!';
	for (i = 0; i < SZ; i++)
		if (m[i] != want[i])
			work_fail(__FILE__, __LINE__, "byte %d of mapping %d differs", i, seed);
	free(want);
}

int main(void)
{
	char *a = map("private.bin", 1), *b = map("private-gone.bin", 2);

	CHECK(unlink("private-gone.bin") == 0);
	memcpy(a + 40960, "changed", 7);
	a[SZ - 1] = '!';
	memcpy(b + 40960, "changed", 7);
	b[SZ - 1] = '!';
	CHECK(mprotect(a, SZ, PROT_READ) == 0);
	work_ready();
	check(a, 1);
	check(b, 2);
	work_pass();
}
