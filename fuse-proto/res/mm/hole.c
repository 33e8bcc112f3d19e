// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mapping what takes no address: the rings of io_uring, which the kernel maps where it wants to (6.4; io_uring_mmap.c refuses
 * any address, also that of mremap(2)). So for a moment everything else is mapped, with nothing in it (PROT_NONE), and the
 * only place that is left is the one where the rings were.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "hole.h"
#include "mm.h"
#include "rooms.h"

#define LOWEST 0x1000UL			/* looked at first where there is nothing below mm->mmap_base (6.1), whatever vm.mmap_min_addr says */
#define FIRST 0x10000UL			/* vm.mmap_min_addr is no more */

bool hole_row(const struct image *im, const struct crfs_vma *r)
{
	const struct iobj *n = r->kind == CRFS_VMA_INODE ? image_obj(im, IOBJ_INODE, r->inode) : NULL;

	return n && n->room == &res_inode_uring;
}

/** struct walk - over what is mapped, in order; @rings: those of io_uring are already */
struct walk {
	const struct restore *rs;
	const struct mmdata *d;
	bool rings;
	size_t i;
	bool arena;
};

/* The next that is mapped; none: nothing at USER_END. */
static void next(struct walk *w, uint64_t *start, uint64_t *end)
{
	const uint64_t arena = (uintptr_t)w->rs->arena;
	const struct crfs_vma *r;

	/* contexts of AIO come later */
	while (w->i < w->d->nr && (w->d->rows[w->i].kind == CRFS_VMA_AIO || (!w->rings && hole_row(w->rs->im, &w->d->rows[w->i]))))
		w->i++;
	r = w->i < w->d->nr ? &w->d->rows[w->i] : NULL;
	if (!w->arena && (!r || arena < r->start)) {
		w->arena = true;
		*start = arena;
		*end = arena + w->rs->arena_size;
		return;
	}
	*start = r ? r->start : USER_END;
	*end = r ? r->end : USER_END;
	w->i += r != NULL;
}

/* Who may map nothing below vm.mmap_min_addr is given nothing there either. */
static void fill_up(uint64_t start, uint64_t end, struct tape *t)
{
	struct tape_op *op;

	if (start < FIRST && end > FIRST) {
		fill_up(start, FIRST, t);
		start = FIRST;
	}
	op = tape_call(t, "filling what is free", SYS_mmap, start, end - start, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	op->want = start < FIRST ? WANT_ANY : WANT_EXACT;
	op->expect = start;
}

/* All between: made to be nothing, or nothing again. */
static void change(struct restore *rs, const struct mmdata *d, bool fill, struct tape *t)
{
	struct walk w = { .rs = rs, .d = d, .rings = !fill };
	uint64_t at = LOWEST, start, end;

	for (; at < USER_END; at = end > at ? end : at) {
		next(&w, &start, &end);
		if (start <= at)
			continue;
		if (fill)
			fill_up(at, start, t);
		else
			tape_call(t, "freeing it again", SYS_munmap, at, start - at);
	}
}

void hole_put(struct restore *rs, const struct mmdata *d, struct tape *t)
{
	const struct crfs_vma *r;
	struct tape_op *op;
	bool any = false;
	size_t i;

	for (i = 0; i < d->nr; i++) {
		r = &d->rows[i];
		if (!hole_row(rs->im, r))
			continue;
		if (!any)
			change(rs, d, true, t);
		any = true;
		tape_call(t, "making room for rings of io_uring", SYS_munmap, r->start, r->end - r->start);
		op = tape_call(t, "mapping rings of io_uring", SYS_mmap, 0, r->end - r->start, r->prot, MAP_SHARED, d->row_fd[i], r->offset);
		op->want = WANT_EXACT;
		op->expect = r->start;
	}
	if (any)
		change(rs, d, false, t);
}
