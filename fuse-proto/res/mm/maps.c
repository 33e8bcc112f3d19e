// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mappings of an address space: /proc/<pid>/smaps, map_files, and its pages (pages.c).
 *
 * Carried: private and shared memory, files, what travels as an inode, growsdown, locks, advice,
 * names, protection keys, guard regions, seals. Not carried, since it says nothing to the program:
 * how the kernel splits mappings, which pages are huge, soft-dirty bits, whether untouched memory
 * is accounted. Droppable memory (6.11) comes back empty, as its owner must expect at any time.
 *
 * map_files needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE (5.9).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "build.h"
#include "check.h"
#include "probed.h"
#include "vdso.h"

static void write_file(struct text *out, const struct mapped *m)
{
	struct crfs_mapped f = {
		.path = { m->path, strlen(m->path) },
		.build_id = { m->id.build_id, strlen(m->id.build_id) },
		.size = m->id.size, .mtime = m->id.mtime, .mtime_nsec = m->id.mtime_nsec,
	};

	text_rec(out, &crfs_mapped_shape, &f);
}

static int maps_read(struct snap *s, void *obj, struct text *out)
{
	struct ranges found = { 0 };
	struct mm *mm = obj;
	struct rows r;
	size_t i;
	int rc = rows_read(s, mm, &r);

	if (rc)
		return rc;
	vdso_check(s, mm, &r);
	probed_check(s, mm);
	text_section(out, &crfs_vma_shape);
	for (i = 0; i < r.nr; i++)
		text_rec(out, &crfs_vma_shape, &r.row[i]);
	text_section(out, &crfs_mapped_shape);
	for (i = 0; i < r.nr_files; i++)
		write_file(out, r.file[i]);
	rc = pages_read(s, mm, &r, &found);
	text_section(out, &crfs_guard_shape);
	for (i = 0; i < found.nr_guards; i++)
		text_rec(out, &crfs_guard_shape, &found.guard[i]);
	text_section(out, &crfs_cow_shape);
	for (i = 0; i < found.nr_cows; i++)
		text_rec(out, &crfs_cow_shape, &found.cow[i]);
	free(found.guard);
	free(found.cow);
	return rc ? rc : text_failed(out) ? -ENOMEM : 0;
}

/* mlockall(MCL_FUTURE) alone locks nothing that is there. */
static void lock_future(const struct iobj *o, struct tape *t)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);
	int flags = MCL_FUTURE | (st->lock_future & CRFS_LOCK_ONFAULT ? MCL_ONFAULT : 0);

	if (st->lock_future)
		tape_call(t, "mlockall", SYS_mlockall, flags);
}

static int maps_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	int rc = build_put(rs, rt, o, t);

	if (!rc)
		lock_future(o, t);
	return rc;
}

static const struct crfs_shape *const shapes[] = { &crfs_vma_shape, &crfs_mapped_shape,
						   &crfs_guard_shape, &crfs_cow_shape, NULL };
static const char *const payloads[] = { "pages/", NULL };

const struct resource res_mm_maps = {
	.name = "maps",
	.scope = PER_MM,
	.shapes = shapes,
	.payloads = payloads,
	.phase = PHASE_MM,
	.read = maps_read,
	.check = maps_check,
	.make = build_make,
	.put = maps_put,
};
