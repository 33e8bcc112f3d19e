// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaching System V segments again: shmat(2) takes the whole of one, at the address where it begins.
 *
 * Rows of one segment that lie as they do in it are one attachment, of which the program may have
 * unmapped parts and protected others. Where something else lies in such a gap, another attachment too, or the whole
 * would not fit there (parts were moved by mremap(2) or remap_file_pages(2)), it is attached elsewhere, and its parts
 * are moved to where they were.
 */
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <crfs/res/inode/sysv_shm.h>

#include "res/inode/sysv_shm.h"
#include "rooms.h"
#include "segment.h"

#define FIRST 0x10000UL		/* vm.mmap_min_addr is no more */
#define ASIDE (1UL << 20)	/* another kernel's vdso may be where mm_hole() leads (vdso.c), and is smaller */

const struct iobj *segment(const struct image *im, const struct crfs_vma *r)
{
	const struct iobj *o = r->kind == CRFS_VMA_INODE ? image_obj(im, IOBJ_INODE, r->inode) : NULL;

	return o && o->room == &res_inode_sysv_shm && image_rec(o, o->room, 0) ? o : NULL;
}

static uint64_t base(const struct crfs_vma *r)
{
	return r->start - r->offset;
}

bool segment_wrong(const struct image *im, const struct crfs_vma *r)
{
	uint64_t size = sysv_shm_bytes(segment(im, r));

	return !(r->flags & CRFS_VMA_SHARED) || r->offset >= size || r->end - r->start > size - r->offset;
}

static bool same(const struct crfs_vma *a, const struct crfs_vma *b)
{
	return a->kind == b->kind && a->inode == b->inode && base(a) == base(b);
}

static bool first(const struct mmdata *d, size_t i)
{
	size_t k;

	for (k = i; k-- > 0;)
		if (same(&d->rows[k], &d->rows[i]))
			return false;
	return true;
}

static int how(const struct mmdata *d, const struct crfs_vma *r)
{
	int flags = r->flags & CRFS_VMA_MAYWRITE ? 0 : SHM_RDONLY;
	size_t i;

	for (i = 0; i < d->nr; i++)
		if (same(&d->rows[i], r) && d->rows[i].prot & PROT_EXEC)
			flags |= SHM_EXEC;
	return flags;
}

static void cut(uint64_t from, uint64_t to, struct tape *t)
{
	if (from < to)
		tape_call(t, "unmapping a part of a segment", SYS_munmap, from, to - from);
}

static bool meets(uint64_t start, uint64_t end, uint64_t from, uint64_t to)
{
	return start < to && from < end;
}

/* Can the whole of it be attached where row @i says that it begins? */
static bool fits(const struct restore *rs, const struct mmdata *d, size_t i, uint64_t size)
{
	const struct crfs_vma *r = &d->rows[i];
	const uint64_t arena = (uintptr_t)rs->arena, at = base(r);
	size_t k;

	if (r->start < r->offset + FIRST || size > USER_END - at || meets(at, at + size, arena, arena + rs->arena_size) ||
	    (d->vdso && meets(at, at + size, d->vdso, d->vdso + ASIDE)))
		return false;
	for (k = 0; k < d->nr; k++)
		if (meets(at, at + size, d->rows[k].start, d->rows[k].end) && !same(&d->rows[k], r))
			return false;
	return true;
}

static void attach(const struct image *im, const struct mmdata *d, size_t i, uint64_t at, struct tape *t)
{
	const struct iobj *o = segment(im, &d->rows[i]);
	const struct crfs_sysv_shm *s = image_rec(o, &res_inode_sysv_shm, 0);
	struct tape_op *op = tape_call(t, "shmat", SYS_shmat, s->perm.id, at, how(d, &d->rows[i]));

	op->want = WANT_EXACT;
	op->expect = at;
}

/* There, and what is not mapped any more is cut off. */
static void attach_there(const struct image *im, const struct mmdata *d, size_t i, uint64_t size, struct tape *t)
{
	uint64_t at = base(&d->rows[i]), end = at + size;
	size_t k;

	attach(im, d, i, at, t);
	for (k = i; k < d->nr && d->rows[k].start < end; k++) {
		if (!same(&d->rows[k], &d->rows[i]))
			continue;
		cut(at, d->rows[k].start, t);
		at = d->rows[k].end;
	}
	cut(at, end, t);
}

/* Elsewhere: a mapping that is moved keeps its place in the segment, and so belongs to the attachment that it was of. */
static int attach_aside(struct restore *rs, const struct mmdata *d, size_t i, uint64_t size, struct tape *t)
{
	const struct iobj *o = segment(rs->im, &d->rows[i]);
	const struct crfs_sysv_shm *s = image_rec(o, &res_inode_sysv_shm, 0);
	const uint64_t page = s->page ? s->page : PAGE;
	const struct crfs_vma *r;
	struct tape_op *op;
	uint64_t at;
	size_t k;
	int rc = mm_hole(rs->im, ASIDE + page + size, &at);

	if (rc)
		return fail_on(rs->err, rc, o->path, "no place in the address space where it fits");
	at = (at + ASIDE + page - 1) & ~(page - 1);
	attach(rs->im, d, i, at, t);
	for (k = i; k < d->nr; k++) {
		r = &d->rows[k];
		if (!same(r, &d->rows[i]))
			continue;
		op = tape_call(t, "moving a part of a segment", SYS_mremap, at + r->offset, r->end - r->start,
			       r->end - r->start, MREMAP_MAYMOVE | MREMAP_FIXED, r->start);
		op->want = WANT_EXACT;
		op->expect = r->start;
	}
	tape_call(t, "unmapping the rest of a segment", SYS_munmap, at, size);
	return 0;
}

int segment_put(struct restore *rs, const struct mmdata *d, struct tape *t)
{
	uint64_t size;
	size_t i;
	int rc = 0;

	for (i = 0; i < d->nr && !rc; i++) {
		if (!segment(rs->im, &d->rows[i]) || !first(d, i))
			continue;
		size = sysv_shm_bytes(segment(rs->im, &d->rows[i]));
		if (fits(rs, d, i, size))
			attach_there(rs->im, d, i, size, t);
		else
			rc = attach_aside(rs, d, i, size, t);
	}
	return rc;
}

int segment_prot(const struct image *im, const struct mmdata *d, const struct crfs_vma *r)
{
	int flags = how(d, r);

	(void)im;
	return PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
}
