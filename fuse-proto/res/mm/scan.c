// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which pages of a task are its own: PAGEMAP_SCAN where the kernel has it, else pagemap.
 *
 * PAGEMAP_SCAN came with 6.7 and tells guard regions (6.13) since 6.15. Before, pagemap is read,
 * which has one word a page; there the page of zeros looks like any other, but for its number.
 * See Documentation/admin-guide/mm/pagemap.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc.h"
#include "scan.h"

#define PAGE 4096ULL

/* include/uapi/linux/fs.h; not in the headers of Debian 12 */
struct crfs_page_region {
	__u64 start, end, categories;
};

struct crfs_pm_scan {
	__u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	__u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define CRFS_PAGEMAP_SCAN _IOWR('f', 16, struct crfs_pm_scan)
#define IS_FILE (1 << 2)
#define IS_PRESENT (1 << 3)
#define IS_SWAPPED (1 << 4)
#define IS_PFNZERO (1 << 5)
#define IS_GUARD (1 << 8)

#define PM_PRESENT (1ULL << 63)
#define PM_SWAP (1ULL << 62)
#define PM_FILE (1ULL << 61)
#define PM_GUARD (1ULL << 58)
#define PM_PFN ((1ULL << 55) - 1)

enum how { HOW_UNKNOWN, HOW_GUARDS, HOW_SCAN, HOW_ENTRIES };

int scan_open(struct scan *sc, int proc, int pid)
{
	*sc = (struct scan){ .fd = proc_open(proc, O_RDONLY, "%d/pagemap", pid) };
	return sc->fd < 0 ? sc->fd : 0;
}

void scan_close(struct scan *sc)
{
	if (sc->fd >= 0)
		close(sc->fd);
	free(sc->range);
	*sc = (struct scan){ .fd = -1 };
}

static int add(struct scan *sc, uint64_t start, uint64_t end, bool guard)
{
	struct range *last = sc->nr ? &sc->range[sc->nr - 1] : NULL, *more;

	if (last && last->end == start && last->guard == guard) {
		last->end = end;
		return 0;
	}
	if (sc->nr == sc->size) {
		sc->size = sc->size ? 2 * sc->size : 256;
		more = realloc(sc->range, sc->size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		sc->range = more;
	}
	sc->range[sc->nr++] = (struct range){ start, end, guard };
	return 0;
}

static int by_scan(struct scan *sc, uint64_t start, uint64_t end, bool guards)
{
	struct crfs_page_region vec[512];
	uint64_t guard = sc->how == HOW_SCAN ? 0 : IS_GUARD;
	struct crfs_pm_scan a = {
		.size = sizeof(a), .start = start, .end = end, .vec = (uintptr_t)vec,
		.vec_len = sizeof(vec) / sizeof(vec[0]), .return_mask = IS_PFNZERO | guard,
		.category_inverted = IS_FILE | IS_PFNZERO, .category_mask = IS_FILE | IS_PFNZERO,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED,
	};
	int i, n, rc = 0;

	if (guards && !guard)
		return 0;
	if (guards) {
		a.category_inverted = a.category_anyof_mask = 0;
		a.category_mask = a.return_mask = IS_GUARD;
	}
	while (a.start < end && !rc) {
		n = ioctl(sc->fd, CRFS_PAGEMAP_SCAN, &a);
		if (n < 0)
			return -errno;
		for (i = 0; i < n && !rc; i++)
			rc = add(sc, vec[i].start, vec[i].end, vec[i].categories & guard);
		if (a.walk_end <= a.start)
			break;
		a.start = a.walk_end;
	}
	return rc;
}

int scan_entries(const struct scan *sc, uint64_t start, size_t n, uint64_t *entry)
{
	ssize_t r = pread(sc->fd, entry, n * 8, start / PAGE * 8);

	return r == (ssize_t)(n * 8) ? 0 : r < 0 ? -errno : -EIO;
}

/* A page that was only read is the page of zeros: what does our own pagemap show of one? */
static uint64_t zero_entry(void)
{
	volatile char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct scan self = { .fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) };
	uint64_t entry = 0;

	if (p != MAP_FAILED && self.fd >= 0) {
		(void)*p;
		scan_entries(&self, (uintptr_t)p, 1, &entry);
	}
	if (p != MAP_FAILED)
		munmap((void *)p, PAGE);
	scan_close(&self);
	return entry & (PM_PRESENT | PM_PFN);
}

static int by_entries(struct scan *sc, uint64_t start, uint64_t end, bool guards)
{
	uint64_t entry[1024];
	size_t i, n;
	int rc = 0;

	if (!sc->zero)
		sc->zero = zero_entry();
	for (; start < end && !rc; start += n * PAGE) {
		n = (end - start) / PAGE < 1024 ? (end - start) / PAGE : 1024;
		rc = scan_entries(sc, start, n, entry);
		for (i = 0; i < n && !rc; i++) {
			uint64_t e = entry[i], at = start + i * PAGE;

			if (e & PM_GUARD)
				rc = add(sc, at, at + PAGE, true);
			else if (!guards && e & (PM_PRESENT | PM_SWAP) && !(e & PM_FILE) &&
				 (e & (PM_PRESENT | PM_PFN)) != sc->zero)
				rc = add(sc, at, at + PAGE, false);
		}
	}
	return rc;
}

int scan_range(struct scan *sc, uint64_t start, uint64_t end, bool guards)
{
	int rc;

	sc->nr = 0;
	if (sc->how != HOW_ENTRIES) {
		rc = by_scan(sc, start, end, guards);
		if (rc == -EINVAL && sc->how == HOW_UNKNOWN) {
			sc->how = HOW_SCAN;	/* no guards then */
			rc = by_scan(sc, start, end, guards);
		} else if (!rc && sc->how == HOW_UNKNOWN) {
			sc->how = HOW_GUARDS;
		}
		if (rc != -ENOTTY)
			return rc;
		sc->how = HOW_ENTRIES;
	}
	return by_entries(sc, start, end, guards);
}

int scan_empty(struct scan *sc, uint64_t start, uint64_t end)
{
	struct crfs_page_region vec;
	struct crfs_pm_scan a = {
		.size = sizeof(a), .start = start, .end = end, .vec = (uintptr_t)&vec, .vec_len = 1, .max_pages = 1,
		.category_anyof_mask = IS_PRESENT | IS_SWAPPED, .return_mask = IS_PRESENT | IS_SWAPPED,
	};
	uint64_t entry[512];
	size_t i, n;
	int rc = sc->how == HOW_ENTRIES ? -ENOTTY : ioctl(sc->fd, CRFS_PAGEMAP_SCAN, &a);

	if (rc >= 0)
		return !rc;
	rc = sc->how == HOW_ENTRIES ? rc : -errno;
	if (rc != -ENOTTY)
		return rc;
	sc->how = HOW_ENTRIES;
	for (rc = 0; start < end && !rc; start += n * PAGE) {
		n = (end - start) / PAGE < 512 ? (end - start) / PAGE : 512;
		rc = scan_entries(sc, start, n, entry);
		for (i = 0; i < n && !rc; i++)
			if (entry[i] & (PM_PRESENT | PM_SWAP))
				return 0;
	}
	return rc ? rc : 1;
}
