// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory must not become more by being put back as huge pages.
 *
 * Where these are wanted (always, or MADV_HUGEPAGE), the first touch of 2 MiB makes one of all of it,
 * if nothing is there yet (mm/memory.c, __handle_mm_fault()): 2 MiB with one page in it would come
 * back as 2 MiB of memory, and as a longer extent of the next checkpoint. So where extents do not
 * fill such a block, one page is touched first while huge pages are off. Full blocks become huge.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <crfs/extent.h>

#include "fill.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static uint64_t block_of(uint64_t at)
{
	return at & ~(CRFS_EXTENT_SIZE - 1);
}

static bool holds_block(const struct crfs_vma *r)
{
	return r->kind == CRFS_VMA_ANON &&
	       block_of(r->start + CRFS_EXTENT_SIZE - 1) + CRFS_EXTENT_SIZE <= r->end;
}

bool huge_always(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[80] = "";
	bool yes = f && fgets(line, sizeof(line), f) && strstr(line, "[always]");

	if (f)
		fclose(f);
	return yes;
}

bool huge_wanted(const struct crfs_vma *r, bool always)
{
	return holds_block(r) && !(r->flags & CRFS_VMA_NOHUGEPAGE) &&
	       (always || r->flags & CRFS_VMA_HUGEPAGE);
}

/* Return: how many blocks of @r have been touched */
static size_t plant_row(const struct mmdata *d, const struct crfs_vma *r, size_t had, struct tape *t)
{
	const struct staged *st = d->staged + staged_first(d, r->start), *end = d->staged + d->nr_staged;
	uint64_t block, last = 1;
	size_t n = 0;

	for (; st < end && st->start < r->end; st++) {
		block = block_of(st->start);
		if (block == last || block < r->start || block + CRFS_EXTENT_SIZE > r->end ||
		    st->end - st->start == CRFS_EXTENT_SIZE)
			continue;
		if (!had && !n++)
			tape_call(t, "PR_SET_THP_DISABLE", SYS_prctl, PR_SET_THP_DISABLE, 1);
		/* Before Linux 5.14 huge pages come back where small ones were. */
		tape_call(t, "touching memory", SYS_madvise, st->start, PAGE, MADV_POPULATE_WRITE)
			->want = WANT_ANY;
		last = block;
	}
	return had + n;
}

void huge_plant(const struct iobj *o, const struct mmdata *d, struct tape *t)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);
	bool all = !st->thp_disable && huge_always();
	size_t i, n = 0;

	for (i = 0; i < d->nr && !st->thp_disable; i++)
		if (huge_wanted(&d->rows[i], all))
			n = plant_row(d, &d->rows[i], n, t);
	if (n)
		tape_call(t, "PR_SET_THP_DISABLE", SYS_prctl, PR_SET_THP_DISABLE, 0);
}
