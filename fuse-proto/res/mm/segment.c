// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaching System V segments again: shmat(2) takes the whole of one, at the address where it begins.
 *
 * Rows of one segment that lie as they do in it are one attachment, of which the program may have
 * unmapped parts and protected others. Attached first, while nothing else is there: a whole one may
 * reach over what was mapped later into a gap of it.
 */
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <crfs/res/inode/sysv_shm.h>

#include "res/inode/sysv_shm.h"
#include "rooms.h"
#include "segment.h"

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

	return !(r->flags & CRFS_VMA_SHARED) || r->offset >= size || r->offset >= r->start ||
	       r->end - r->start > size - r->offset;
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

static void attach(const struct image *im, const struct mmdata *d, size_t i, struct tape *t)
{
	const struct iobj *o = segment(im, &d->rows[i]);
	const struct crfs_sysv_shm *s = image_rec(o, &res_inode_sysv_shm, 0);
	uint64_t at = base(&d->rows[i]), end = at + sysv_shm_bytes(o);
	struct tape_op *op = tape_call(t, "shmat", SYS_shmat, s->perm.id, at, how(d, &d->rows[i]));
	size_t k;

	op->want = WANT_EXACT;
	op->expect = at;
	for (k = i; k < d->nr && d->rows[k].start < end; k++) {
		if (!same(&d->rows[k], &d->rows[i]))
			continue;
		cut(at, d->rows[k].start, t);
		at = d->rows[k].end;
	}
	cut(at, end, t);
}

void segment_put(const struct image *im, const struct mmdata *d, struct tape *t)
{
	size_t i;

	for (i = 0; i < d->nr; i++)
		if (segment(im, &d->rows[i]) && first(d, i))
			attach(im, d, i, t);
}

int segment_prot(const struct image *im, const struct mmdata *d, const struct crfs_vma *r)
{
	int flags = how(d, r);

	(void)im;
	return PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
}
