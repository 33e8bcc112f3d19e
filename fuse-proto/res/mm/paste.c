// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pasting pages: UFFDIO_COPY makes a page with its content, where the first touch of memory makes a
 * page of zeros that is then written over.
 *
 * The task has a userfaultfd(2) of itself as long as this takes, as descriptor 0, which the
 * controller keeps for that: a tape cannot take the number of a new descriptor from one call to the
 * next, but who closes 0 gets 0. A table that other address spaces use too would be a race for it:
 * these tasks read their pages.
 *
 * Only anonymous memory can be pasted, with nothing there yet; and not where huge pages are wanted, since pasted pages
 * are small. What is staged in the kernel filesystem is not: its pages can be had, but not mapped. See
 * mm/userfaultfd.c. An extent that could not be pasted whole (a page is there already; seen on a machine short of
 * memory: EAGAIN) is read, into memory that is not registered any more: else who misses a page waits for us.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "fill.h"
#include "keep.h"
#include "spawn.h"
#include "stage.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define EXTENT_MIN (64ULL << 10)	/* less is read sooner than mapped */
#define ALL_MIN (1ULL << 20)		/* less is not worth a userfaultfd */
#define UFFD 0

/* A kernel may lack it, and may forbid it (vm.unprivileged_userfaultfd, seccomp, an LSM). */
static bool works(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	bool yes = fd >= 0 && !ioctl(fd, UFFDIO_API, &api);

	if (fd >= 0)
		close(fd);
	return yes;
}

/* Do others, with other memory, have its descriptors? */
static bool table_is_lent(const struct restore *rs, const struct rtask *rt)
{
	size_t i;

	for (i = 0; i < rs->nr_tasks; i++)
		if (rs->tasks[i].files == rt->files && rs->tasks[i].mm != rt->mm)
			return true;
	return false;
}

/* All of a mapping's or none: registered memory is not touched otherwise. */
static uint64_t mark_row(struct mmdata *d, const struct crfs_vma *r, size_t from, size_t to)
{
	uint64_t all = 0, most = 0, n;
	size_t i;

	for (i = from; i < to; i++) {
		n = d->staged[i].end - d->staged[i].start;
		all += n;
		most = n > most ? n : most;
		if (node_takes(d->staged[i].node))
			return 0;
	}
	if (r->kind != CRFS_VMA_ANON || most < EXTENT_MIN)
		return 0;
	for (i = from; i < to; i++)
		d->staged[i].paste = true;
	return all;
}

static uint64_t mark(struct mmdata *d, bool always)
{
	size_t i, from, to = 0;
	uint64_t all = 0;

	for (i = 0; i < d->nr; i++) {
		for (from = to; to < d->nr_staged && d->staged[to].start < d->rows[i].end; to++)
			;
		if (from < to && !huge_wanted(&d->rows[i], always))
			all += mark_row(d, &d->rows[i], from, to);
	}
	return all;
}

bool paste_plan(const struct restore *rs, const struct rtask *rt, const struct iobj *o,
		struct mmdata *d)
{
	const struct crfs_mm_status *mm = image_rec(o, &res_mm_status, 0);
	size_t i;

	if (!rt->files || keep_any(d->keep))
		return false;
	if (mark(d, !mm->thp_disable && huge_always()) >= ALL_MIN && !table_is_lent(rs, rt) && works())
		return true;
	for (i = 0; i < d->nr_staged; i++)
		d->staged[i].paste = false;
	return false;
}

static bool pasted_into(const struct mmdata *d, const struct crfs_vma *r)
{
	size_t i;

	for (i = staged_first(d, r->start); i < d->nr_staged && d->staged[i].start < r->end; i++)
		if (d->staged[i].paste)
			return true;
	return false;
}

static struct tape_op *uffd_ioctl(const char *what, unsigned long cmd, const void *arg, size_t size, struct ops *o)
{
	struct tape_op *op = ops_add(o, what, SYS_ioctl, UFFD, cmd, tape_data(o->tape, arg, size), 0, 0, 0);

	op->want = WANT_EXACT;
	return op;
}

void paste_begin(const struct mmdata *d, struct tape *t)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct ops o = { .tape = t };
	size_t i;

	tape_call(t, "close", SYS_close, UFFD)->want = WANT_ANY;
	tape_call(t, "userfaultfd", SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY)->want = WANT_EXACT;
	uffd_ioctl("UFFDIO_API", UFFDIO_API, &api, sizeof(api), &o);
	for (i = 0; i < d->nr; i++) {
		struct uffdio_register reg = {
			.range = { d->rows[i].start, d->rows[i].end - d->rows[i].start },
			.mode = UFFDIO_REGISTER_MODE_MISSING,
		};

		if (pasted_into(d, &d->rows[i]))
			uffd_ioctl("UFFDIO_REGISTER", UFFDIO_REGISTER, &reg, sizeof(reg), &o);
	}
}

const struct staged *paste_one(const struct staged *st, struct ops *o)
{
	struct uffdio_copy copy = { .dst = st->start, .src = o->window, .len = st->end - st->start,
				    .mode = UFFDIO_COPY_MODE_DONTWAKE };
	struct uffdio_range range = { st->start, copy.len };
	struct tape_op *op = ops_add(o, "mapping staged pages", SYS_mmap, o->window, copy.len, PROT_READ,
				     MAP_SHARED | MAP_FIXED | MAP_POPULATE, st->fd, st->off);

	op->want = WANT_EXACT;
	op->expect = o->window;
	tape_unless(uffd_ioctl("pasting pages", UFFDIO_COPY, &copy, sizeof(copy), o), 0, 2);
	uffd_ioctl("UFFDIO_UNREGISTER", UFFDIO_UNREGISTER, &range, sizeof(range), o)->want = WANT_ANY;
	op = ops_add(o, "reading pages", SYS_pread64, st->fd, st->start, copy.len, st->off, 0, 0);
	op->want = WANT_EXACT;
	op->expect = copy.len;
	ops_spend(o, st->fd, st->off, copy.len);
	return st + 1;
}

/* The descriptor ends with that, and registrations with it; 0 is taken again. */
void paste_end(const struct restore *rs, struct tape *t)
{
	tape_call(t, "dup3", SYS_dup3, rs->ctl_fd, UFFD, O_CLOEXEC)->want = WANT_EXACT;
}
