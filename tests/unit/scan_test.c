// SPDX-License-Identifier: GPL-2.0-or-later
/* scan_empty(): a page that is there is seen, whatever it is, whichever way the kernel tells it. */
#include <fcntl.h>
#include <sys/mman.h>

#include "check.h"
#include "res/mm/scan.h"

#define PAGE 4096
#define BY_ENTRIES 3	/* scan.c's last way, for kernels before 6.7 */

static bool sees(struct scan *sc, char *p, size_t len, size_t at)
{
	uintptr_t start = (uintptr_t)p, end = start + len;

	return scan_empty(sc, start, end) == 0 && scan_empty(sc, start + at, start + at + PAGE) == 0 &&
	       (!at || scan_empty(sc, start, start + at) == 1) && scan_empty(sc, start + at + PAGE, end) == 1;
}

static void one_way(int how, const char *name)
{
	struct scan sc = { .fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), .how = how };
	size_t len = 4 << 20, at;
	bool none = true, zero = true, own = true;
	volatile char *page;
	char *p;

	for (at = 0; at < len - PAGE; at += 511 * PAGE) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED || madvise(p, len, MADV_NOHUGEPAGE))
			exit(EXIT_FAILURE);
		page = p + at;
		none = none && scan_empty(&sc, (uintptr_t)p, (uintptr_t)p + len) == 1;
		(void)*page;
		zero = zero && sees(&sc, p, len, at);
		*page = 1;
		own = own && sees(&sc, p, len, at);
		munmap(p, len);
	}
	check(none, "%s: nothing is there", name);
	check(zero, "%s: the page of zeros is", name);
	check(own, "%s: a page that was written is", name);
	scan_close(&sc);
}

int main(void)
{
	one_way(0, "as this kernel has it");
	one_way(BY_ENTRIES, "by pagemap");
	return check_exit();
}
