/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages of a task are its own: PAGEMAP_SCAN where the kernel has it, else pagemap. */
#ifndef CRFS_RES_MM_SCAN_H
#define CRFS_RES_MM_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct range - pages; @guard: a guard region, not content */
struct range {
	uint64_t start, end;
	bool guard;
};

/**
 * struct scan - a pagemap being read
 * @fd: /proc/<pid>/pagemap
 * @how: what the kernel can do, found at the first call
 * @range, @nr: what the last scan_range() found, ascending
 * @zero: what pagemap shows for the page of zeros, where it must be told from others by that
 */
struct scan {
	int fd;
	int how;
	struct range *range;
	size_t nr, size;
	uint64_t zero;
};

int scan_open(struct scan *sc, int proc, int pid);
void scan_close(struct scan *sc);

/**
 * scan_range() - find the pages that are there, in memory or in swap, and belong to the task alone
 * or to it and its relatives; and guard regions (MADV_GUARD_INSTALL)
 * @guards: look for nothing but guard regions
 * Return: 0 or a negative errno
 */
int scan_range(struct scan *sc, uint64_t start, uint64_t end, bool guards);

/** scan_empty() - is nothing there, not even a page of zeros? Return: 1, 0 or a negative errno */
int scan_empty(struct scan *sc, uint64_t start, uint64_t end);

/** scan_entries() - what pagemap shows of @n pages. Return: 0 or a negative errno */
int scan_entries(const struct scan *sc, uint64_t start, size_t n, uint64_t *entry);

#endif
