// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting mappings back: what the task is given to open, and the calls that map, fill and protect.
 *
 * Everything is mapped where nothing is (MAP_FIXED_NOREPLACE), private memory that gets content
 * writable first. Locks and advice come after the content, so that it is not touched twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build.h"
#include "fed.h"
#include "fill.h"
#include "hole.h"
#include "keep.h"
#include "proc.h"
#include "segment.h"
#include "vdso.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#define HUGE_SHIFT 26		/* MAP_HUGE_SHIFT: log2 of the page size in the flags */

static int inode_of(struct restore *rs, const struct iobj *o, const struct crfs_vma *r)
{
	const struct iobj *i = image_obj(rs->im, IOBJ_INODE, r->inode);
	int fd = i ? i->fd : -1;

	if (fd < 0)
		return fail_on(rs->err, -ENOENT, o->path, "inodes/%u to map", r->inode);
	/* A shared mapping can be made writable if the file is open for writing: only if it could. */
	if (!(r->flags & CRFS_VMA_SHARED) || r->flags & CRFS_VMA_MAYWRITE)
		return fd;
	fd = proc_own(O_RDONLY, "self/fd/%d", fd);
	return fd < 0 ? fail_on(rs->err, fd, o->path, "inodes/%u to map", r->inode) : fd;
}

static int open_row(struct restore *rs, const struct iobj *o, const struct crfs_vma *r)
{
	if (r->kind == CRFS_VMA_FILE)
		return mm_file_fd(rs, o, mm_ns(o), r->path, r->flags & CRFS_VMA_MAYWRITE);
	if (segment(rs->im, r))
		return -1;
	return r->kind == CRFS_VMA_INODE ? inode_of(rs, o, r) : -1;
}

/* Whose pages are the parent's: its extents must be there when this one is filled. */
static int borrow(struct restore *rs, const struct iobj *o)
{
	size_t n;
	const struct crfs_cow *cow = image_recs(o, &res_mm_maps, 3, &n);
	struct iobj *parent = n ? image_obj(rs->im, IOBJ_MM, cow[0].mm) : NULL;
	struct mmdata *d = parent ? mm_data(rs->im, parent) : NULL;

	if (d)
		d->lends = true;
	return n && !d ? -ENOMEM : 0;
}

int build_make(struct restore *rs, struct iobj *o)
{
	struct mmdata *d = mm_data(rs->im, o);
	const char *bad;
	size_t i;
	int rc;

	if (!d)
		return fail(rs->err, -ENOMEM, "%s", o->path);
	d->row_fd = pool_alloc(&rs->im->pool, (d->nr + 1) * sizeof(*d->row_fd));
	if (!d->row_fd)
		return fail(rs->err, -ENOMEM, "%s", o->path);
	for (i = 0; i < d->nr; i++) {
		bool same = i && d->rows[i].inode == d->rows[i - 1].inode &&
			    d->rows[i].kind == d->rows[i - 1].kind &&
			    d->rows[i].kind == CRFS_VMA_INODE &&
			    d->rows[i].flags == d->rows[i - 1].flags;

		d->row_fd[i] = same ? d->row_fd[i - 1] : open_row(rs, o, &d->rows[i]);
		if (d->row_fd[i] < -1)
			return d->row_fd[i];
	}
	rc = borrow(rs, o);
	if (!rc && !d->fed)
		rc = staged_list(rs->im, o, &d->staged, &d->nr_staged, &bad);
	if (!rc)
		rc = staged_back(rs, d, d->staged, d->nr_staged);
	if (!rc)
		rc = staged_split(rs->im, d);
	if (!rc)
		rc = vdso_make(rs, d);
	return rc ? fail_on(rs->err, rc, o->path, "its pages") : 0;
}

static int map_flags(const struct crfs_vma *r)
{
	int flags = r->flags & CRFS_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE;

	if (r->kind == CRFS_VMA_DROPPABLE)
		flags = MAP_DROPPABLE;
	if (r->kind != CRFS_VMA_FILE && r->kind != CRFS_VMA_INODE)
		flags |= MAP_ANONYMOUS;
	if (r->kind == CRFS_VMA_HUGETLB)
		flags |= MAP_HUGETLB | __builtin_ctzll(r->page) << HUGE_SHIFT;
	if (r->flags & CRFS_VMA_GROWSDOWN)
		flags |= MAP_GROWSDOWN;
	if (r->flags & CRFS_VMA_NORESERVE)
		flags |= MAP_NORESERVE;
	return flags | MAP_FIXED_NOREPLACE;
}

static void map_piece(const struct crfs_vma *r, uint64_t from, uint64_t to, int prot, int fd,
		      struct tape *t)
{
	struct tape_op *op;

	if (from >= to)
		return;
	op = tape_call(t, "mapping memory", SYS_mmap, from, to - from, prot, map_flags(r), fd,
		       fd < 0 ? 0 : r->offset + (from - r->start));
	op->want = WANT_EXACT;
	op->expect = from;
}

static void advise(const struct crfs_vma *r, struct tape *t)
{
	static const struct {
		uint64_t flag;
		int advice;
		const char *what;
	} advices[] = {
		{ CRFS_VMA_SEQUENTIAL, MADV_SEQUENTIAL, "MADV_SEQUENTIAL" },
		{ CRFS_VMA_RANDOM, MADV_RANDOM, "MADV_RANDOM" },
		{ CRFS_VMA_WIPEONFORK, MADV_WIPEONFORK, "MADV_WIPEONFORK" },
		{ CRFS_VMA_DONTFORK, MADV_DONTFORK, "MADV_DONTFORK" },
		{ CRFS_VMA_DONTDUMP, MADV_DONTDUMP, "MADV_DONTDUMP" },
		{ CRFS_VMA_MERGEABLE, MADV_MERGEABLE, "MADV_MERGEABLE" },
	};
	size_t i;

	/* Droppable memory is born with two of these, and takes no more. */
	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (r->flags & advices[i].flag && r->kind != CRFS_VMA_DROPPABLE)
			tape_call(t, advices[i].what, SYS_madvise, r->start, r->end - r->start,
				  advices[i].advice);
}

static void name(const struct crfs_vma *r, struct tape *t)
{
	uint64_t p;

	if (r->kind == CRFS_VMA_FILE || !r->path.len)
		return;
	p = tape_data(t, NULL, r->path.len + 1);
	if (!t->full)
		memcpy(tape_local(t, p), r->path.p, r->path.len);
	/* A kernel without names (CONFIG_ANON_VMA_NAME) loses nothing that a program can see. */
	tape_call(t, "naming memory", SYS_prctl, PR_SET_VMA, 0, r->start, r->end - r->start, p)
		->want = WANT_ANY;
}

static void protect(const struct crfs_vma *r, int now, struct tape *t)
{
	uint64_t n = r->end - r->start;

	/* Execute-only memory gets its key from the kernel. */
	if (r->pkey && r->prot != PROT_EXEC)
		tape_call(t, "pkey_mprotect", SYS_pkey_mprotect, r->start, n, r->prot, r->pkey);
	else if (r->prot != now)
		tape_call(t, "protecting memory", SYS_mprotect, r->start, n, r->prot);
}

static int open_prot(const struct mmdata *d, const struct crfs_vma *r)
{
	return row_has_pages(d, r) ? r->prot | PROT_READ | PROT_WRITE : r->prot;
}

/* Before its pages, so that these are huge, or are not. */
static void advise_huge(const struct crfs_vma *r, struct tape *t)
{
	if (r->flags & CRFS_VMA_HUGEPAGE)
		tape_call(t, "MADV_HUGEPAGE", SYS_madvise, r->start, r->end - r->start,
			  MADV_HUGEPAGE);
	else if (r->flags & CRFS_VMA_NOHUGEPAGE && r->kind != CRFS_VMA_DROPPABLE)
		tape_call(t, "MADV_NOHUGEPAGE", SYS_madvise, r->start, r->end - r->start,
			  MADV_NOHUGEPAGE);
}

/* What was inherited stands there already; the rest is mapped around it. */
static void map_row(const struct mmdata *d, const struct crfs_vma *r, int fd, struct tape *t)
{
	int prot = open_prot(d, r);
	uint64_t at, from, to;

	for (at = r->start; at < r->end; at = to) {
		bool there = keep_next(d->keep, at, r->end, &from, &to);

		map_piece(r, at, from, prot, fd, t);
		if (!there)
			break;
		if (prot != r->prot)
			tape_call(t, "opening memory", SYS_mprotect, from, to - from, prot);
		keep_drop(d->keep, d, from, to, t);
	}
}

/* These are not mapped but made, by other rooms. */
static bool is_made(const struct crfs_vma *r)
{
	return r->kind == CRFS_VMA_VDSO || r->kind == CRFS_VMA_VVAR || r->kind == CRFS_VMA_AIO;
}

/*
 * First without touching a page: that fails where the limit forbids it. What is touched after that may fail
 * and be locked all the same, if it is PROT_NONE or behind the end of its file.
 */
static void lock_row(const struct crfs_vma *r, struct tape *t)
{
	if (!(r->flags & CRFS_VMA_LOCKED))
		return;
	tape_call(t, "mlock2", SYS_mlock2, r->start, r->end - r->start, MLOCK_ONFAULT);
	if (!(r->flags & CRFS_VMA_LOCKONFAULT))
		tape_call(t, "mlock2", SYS_mlock2, r->start, r->end - r->start, 0)->want = WANT_ANY;
}

/* Where all that is mapped from now on shall be locked, it was, too. */
void build_ring(const struct iobj *o, const struct crfs_vma *r, struct tape *t)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);

	if (st->lock_future && !(r->flags & CRFS_VMA_LOCKED))
		tape_call(t, "munlock", SYS_munlock, r->start, r->end - r->start);
	lock_row(r, t);
	protect(r, PROT_READ | PROT_WRITE, t);
	advise(r, t);
}

bool build_late(const struct iobj *o, const struct mmdata *d, struct tape *t)
{
	const struct crfs_guard *g;
	bool any;
	size_t i, n;

	g = image_recs(o, &res_mm_maps, 2, &n);
	any = n;
	for (i = 0; i < n; i++)
		tape_call(t, "MADV_GUARD_INSTALL", SYS_madvise, g[i].start, g[i].end - g[i].start,
			  MADV_GUARD_INSTALL);
	for (i = 0; i < d->nr; i++) {
		if (is_made(&d->rows[i]))
			continue;
		lock_row(&d->rows[i], t);
		any = any || d->rows[i].flags & CRFS_VMA_LOCKED;
	}
	return any;
}

int build_put(struct restore *rs, const struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);
	struct mmdata *d = mm_data(rs->im, o);
	size_t i;
	int rc = vdso_put(rs, d, t);

	rc = rc ?: segment_put(rs, d, t);
	if (rc)
		return rc;
	for (i = 0; i < d->nr; i++) {
		if (is_made(&d->rows[i]) || hole_row(rs->im, &d->rows[i]))
			continue;
		if (!segment(rs->im, &d->rows[i]))
			map_row(d, &d->rows[i], d->row_fd[i], t);
		advise_huge(&d->rows[i], t);
	}
	hole_put(rs, d, t);
	if (d->fed)
		fed_put(rs, rt, d, t);
	else
		fill_all(rs, rt, o, d, t);
	for (i = 0; i < d->nr; i++) {
		if (is_made(&d->rows[i]))
			continue;
		protect(&d->rows[i], segment(rs->im, &d->rows[i]) ? segment_prot(rs->im, d, &d->rows[i]) :
			open_prot(d, &d->rows[i]), t);
		advise(&d->rows[i], t);
		if (st->merge && !(d->rows[i].flags & CRFS_VMA_MERGEABLE))
			tape_call(t, "MADV_UNMERGEABLE", SYS_madvise, d->rows[i].start,
				  d->rows[i].end - d->rows[i].start, MADV_UNMERGEABLE)->want =
				WANT_ANY;
		name(&d->rows[i], t);
	}
	if (!d->fed)
		build_late(o, d, t);
	return 0;
}
