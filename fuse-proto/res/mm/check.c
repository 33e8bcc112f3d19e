// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings of a tree: do they make sense, can they be had here, and where is room beside them? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "res/inode/packet_ring.h"
#include "res/inode/uring.h"
#include "segment.h"
#include "vdso.h"

#define LOW_END 0x100000ULL	/* no vm.mmap_min_addr is above */

static const char *maps_path(struct image *im, const struct iobj *o)
{
	return pool_printf(&im->pool, "%s/maps", o->path) ?: o->path;
}

static void bad_row(struct image *im, const struct iobj *o, const struct crfs_vma *r,
		    const char *why)
{
	image_mismatch(im, -EINVAL, maps_path(im, o), "%#" PRIx64 ": %s", (uint64_t)r->start, why);
}

static const struct crfs_mapped *file_of(const struct iobj *o, struct crfs_str path)
{
	size_t n, i;
	const struct crfs_mapped *f = image_recs(o, &res_mm_maps, 1, &n);

	for (i = 0; i < n; i++)
		if (f[i].path.len == path.len && !memcmp(f[i].path.p, path.p, path.len))
			return &f[i];
	return NULL;
}

static const char *row_wrong(struct image *im, const struct iobj *o, const struct crfs_vma *r)
{
	bool shared = r->flags & CRFS_VMA_SHARED;

	if (r->start >= r->end || (r->start | r->end | r->offset) % PAGE || r->end > USER_END)
		return "not a range of pages";
	if (r->prot & ~7 || r->pkey > 15)
		return "no such protection";
	if (r->kind > CRFS_VMA_AIO || r->flags & ~(2ULL * CRFS_VMA_SEALED - 1))
		return "no such kind of memory";
	if (shared && r->kind != CRFS_VMA_FILE && r->kind != CRFS_VMA_INODE && r->kind != CRFS_VMA_AIO)
		return "cannot be shared";
	if (r->kind == CRFS_VMA_AIO && !shared)
		return "must be shared";
	if (r->kind == CRFS_VMA_FILE && !file_of(o, r->path))
		return "its path is not among the files";
	if (r->kind == CRFS_VMA_INODE && !image_obj(im, IOBJ_INODE, r->inode))
		return "no such inode";
	if (r->kind == CRFS_VMA_INODE && !packet_ring_whole(image_obj(im, IOBJ_INODE, r->inode), r))
		return "not the whole of the rings of a packet socket";
	if (r->kind == CRFS_VMA_INODE && !uring_whole(image_obj(im, IOBJ_INODE, r->inode), r))
		return "not of an io_uring";
	if (segment(im, r) && segment_wrong(im, r))
		return "not a part of that segment";
	if (r->kind == CRFS_VMA_HUGETLB && (r->page < PAGE || r->page & (r->page - 1) ||
					    (r->start | r->end) & (r->page - 1)))
		return "not of huge pages";
	if (r->kind != CRFS_VMA_FILE && memchr(r->path.p, 0, r->path.len))
		return "no such name";
	return NULL;
}

static bool check_rows(struct image *im, const struct iobj *o, const struct crfs_vma *r, size_t nr)
{
	const char *why;
	size_t i;

	for (i = 0; i < nr; i++) {
		why = i && r[i].start < r[i - 1].end ? "does not begin behind the one before" :
						       row_wrong(im, o, &r[i]);
		if (why) {
			bad_row(im, o, &r[i], why);
			return false;
		}
	}
	if (!nr)
		image_mismatch(im, -EINVAL, maps_path(im, o), "empty");
	return nr;
}

static const struct crfs_vma *row_at(const struct crfs_vma *r, size_t nr, uint64_t at)
{
	size_t lo = 0, hi = nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (r[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr && r[lo].start <= at ? &r[lo] : NULL;
}

/* All of it; and on from one mapping into the next only where a view would. */
static bool in_private(const struct crfs_vma *r, size_t nr, const struct staged *st)
{
	const struct crfs_vma *row = row_at(r, nr, st->start);

	if (!row || !row_private(row))
		return false;
	for (; row->end < st->end; row++)
		if (row + 1 == r + nr || !crfs_extents_cross(row, row + 1))
			return false;
	return true;
}

static void check_extents(struct image *im, const struct iobj *o, const struct crfs_vma *r,
			  size_t nr)
{
	const char *bad;
	struct staged *st;
	size_t i, n;

	if (staged_list(im, o, &st, &n, &bad)) {
		image_mismatch(im, -EINVAL, o->path,
			       "pages/%s: not an extent of whole pages, apart from the others", bad);
		return;
	}
	for (i = 0; i < n; i++) {
		if (in_private(r, nr, &st[i]))
			continue;
		image_mismatch(im, -EINVAL, o->path, "pages/%" PRIx64 ": not in private memory",
			       st[i].start);
		return;
	}
}

/* Below vm.mmap_min_addr only a privileged task maps anything: try it. */
static void check_lowest(struct image *im, const struct iobj *o, const struct crfs_vma *r)
{
	void *p;

	if (r->start >= LOW_END)
		return;
	p = mmap((void *)r->start, PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p != MAP_FAILED)
		munmap(p, PAGE);
	else if (errno == EPERM || errno == EACCES)
		image_mismatch(im, -EPERM, o->path,
			       "memory at 0x%llx, below vm.mmap_min_addr: mount with CAP_SYS_RAWIO",
			       (unsigned long long)r->start);
}

static void check_ranges(struct image *im, const struct iobj *o, const struct crfs_vma *r,
			 size_t nr)
{
	const struct crfs_guard *g;
	const struct crfs_cow *c;
	const struct crfs_vma *row;
	size_t i, n;

	g = image_recs(o, &res_mm_maps, 2, &n);
	for (i = 0; i < n; i++) {
		row = row_at(r, nr, g[i].start);
		if (!row || g[i].start >= g[i].end || g[i].end > row->end ||
		    (g[i].start | g[i].end) % PAGE || (i && g[i].start < g[i - 1].end))
			image_mismatch(im, -EINVAL, maps_path(im, o), "a guard outside of mappings");
	}
	c = image_recs(o, &res_mm_maps, 3, &n);
	for (i = 0; i < n; i++) {
		row = row_at(r, nr, c[i].start);
		if (!row || !row_private(row) || c[i].start >= c[i].end || c[i].end > row->end ||
		    (c[i].start | c[i].end) % PAGE || (i && c[i].start < c[i - 1].end) ||
		    c[i].mm != c[0].mm || c[i].mm == o->id || !image_obj(im, IOBJ_MM, c[i].mm))
			image_mismatch(im, -EINVAL, maps_path(im, o), "shared pages that cannot be");
	}
}

void maps_check(struct image *im, struct iobj *o)
{
	const struct crfs_mapped *f;
	const struct crfs_vma *r;
	size_t nr, n, i;

	r = image_recs(o, &res_mm_maps, 0, &nr);
	if (!check_rows(im, o, r, nr))
		return;
	check_extents(im, o, r, nr);
	check_ranges(im, o, r, nr);
	check_lowest(im, o, r);
	vdso_accept(im, o, r, nr);
	f = image_recs(o, &res_mm_maps, 1, &n);
	for (i = 0; i < n; i++)
		mm_file_check(im, o, mm_ns(o), &f[i]);
}

struct span {
	uint64_t start, end;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static size_t own_spans(struct span *v, size_t max)
{
	FILE *f = fopen("/proc/self/maps", "re");
	size_t n = 0;
	char line[512];

	while (f && n < max && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &v[n].start, &v[n].end) == 2)
			n++;
	if (f)
		fclose(f);
	return n;
}

#define OWN_MAX 8192
#define LOWEST 0x10000000000ULL	/* above what is linked low, below where the kernel begins */
#define CLEAR (2ULL << 20)	/* to what grows down above: more than its guard gap */

int mm_hole(const struct image *im, size_t size, uint64_t *addr)
{
	const struct crfs_vma *r;
	uint64_t at = LOWEST;
	size_t i, k, n = OWN_MAX, nr;
	struct span *v;

	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		image_recs(&im->objs[IOBJ_MM][i], &res_mm_maps, 0, &nr);
		n += nr;
	}
	v = malloc(n * sizeof(*v));
	if (!v)
		return -ENOMEM;
	n = own_spans(v, OWN_MAX);
	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		r = image_recs(&im->objs[IOBJ_MM][i], &res_mm_maps, 0, &nr);
		for (k = 0; k < nr; k++)
			v[n++] = (struct span){ r[k].start, r[k].end };
	}
	qsort(v, n, sizeof(*v), by_start);
	for (i = 0; i < n && v[i].start < at + size + CLEAR; i++)
		if (v[i].end + CLEAR > at)
			at = v[i].end + CLEAR;
	free(v);
	if (at + size + CLEAR > USER_END)
		return -ENOMEM;
	*addr = at;
	return 0;
}
