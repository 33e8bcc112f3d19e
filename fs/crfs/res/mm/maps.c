// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mappings of an address space, the files they show, and its pages as extents.
 *
 * Guard regions came with 6.13, which this filesystem is not built for yet.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <asm/vdso.h>

#include "extents.h"
#include "internal.h"
#include "res/mm/mm.h"

static void write_file(struct text *out, const struct mapped *m)
{
	struct crfs_mapped f = {
		.path = str_of(m->path), .build_id = str_of(m->id.build_id), .size = m->id.size,
		.mtime = m->id.mtime, .mtime_nsec = m->id.mtime_nsec,
	};

	text_rec(out, &crfs_mapped_shape, &f);
}

/* One of each, the data right before the code: as the kernel and arch_prctl(2) make them. */
static bool whole(const struct rows *r, const struct vdso_image *image, u64 *at)
{
	const struct crfs_vma *code = NULL, *data = NULL;
	size_t i, n = 0;

	for (i = 0; i < r->nr; i++) {
		if (r->row[i].kind == CRFS_VMA_VDSO)
			code = &r->row[i];
		else if (r->row[i].kind == CRFS_VMA_VVAR)
			data = &r->row[i];
		else
			continue;
		n++;
	}
	*at = code ? code->start : 0;
	if (!n)
		return true;
	return n == 2 && code && data && image && data->end == code->start &&
	       code->end - code->start == image->size &&
	       data->end - data->start == -image->sym_vvar_start;
}

/* Whether the code is the kernel's still: breakpoints, or what a probe put there, are not. */
static bool changed(struct mm_struct *mm, const struct vdso_image *image, u64 at)
{
	struct page *page;
	bool same = true;
	size_t off;
	void *p;

	for (off = 0; off < image->size && same; off += PAGE_SIZE) {
		mmap_read_lock(mm);
		same = crfs_gup(mm, at + off, 1, FOLL_FORCE, &page) == 1;
		mmap_read_unlock(mm);
		if (!same)
			break;
		p = kmap_local_page(page);
		same = !memcmp(p, image->data + off, PAGE_SIZE);
		kunmap_local(p);
		put_page(page);
	}
	return !same;
}

static int vdso_check(struct snap *s, struct cmm *cmm, const struct rows *r)
{
	struct mm_struct *mm = cmm_get(cmm);
	u64 at;

	if (!mm)
		return -ESTALE;
	if (!whole(r, mm->context.vdso_image, &at))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
				 "the vdso is not where the kernel put it, or not whole");
	else if (at && changed(mm, mm->context.vdso_image, at))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
				 "the code of the vdso was changed: remove the probes in it");
	mmput(mm);
	return 0;
}

static int maps_read(struct snap *s, void *obj, struct text *out)
{
	struct cmm *cmm = obj;
	struct rows *r;
	size_t i;
	int rc = rows_read(s, cmm, &r);

	if (!rc)
		rc = vdso_check(s, cmm, r) ?: probed_check(s, cmm);
	if (rc)
		return rc;
	text_section(out, &crfs_vma_shape);
	for (i = 0; i < r->nr; i++)
		text_rec(out, &crfs_vma_shape, &r->row[i]);
	text_section(out, &crfs_mapped_shape);
	for (i = 0; i < r->nr_files; i++)
		write_file(out, r->file[i]);
	text_section(out, &crfs_guard_shape);
	text_section(out, &crfs_cow_shape);
	rc = pages_read(s, cmm, r, out);
	return rc;
}

const struct room res_mm_maps = {
	.name = "maps",
	.scope = PER_MM,
	.read = maps_read,
};
