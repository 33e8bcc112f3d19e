// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address spaces whose pages come from outside: which can be, what their tasks do for it, and how a
 * page gets in.
 *
 * Not those that share pages copy-on-write: there a child is forked from a parent that has them. Nor
 * read-only huge pages (hugetlbfs), into which nobody can write. A userfaultfd can only be made by a
 * task itself; with /dev/userfaultfd (6.1) that takes no privilege of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "build.h"
#include "fed.h"
#include "fill.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

#define UFFD 0
#define COPY_TRIES 10000
#define PASTE_MIN (64ULL << 10)	/* less is written sooner than registered */

int fed_device(void)
{
	int fd = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC), up;

	if (fd < 0 || fd > 2)
		return fd;
	up = fcntl(fd, F_DUPFD_CLOEXEC, 3);	/* the lowest are where tasks work */
	close(fd);
	return up;
}

static bool takes_writes(const struct mmdata *d)
{
	size_t i;

	for (i = 0; i < d->nr; i++)
		if (d->rows[i].kind == CRFS_VMA_HUGETLB && !(d->rows[i].prot & PROT_WRITE))
			return false;
	return true;
}

void fed_plan(struct image *im, size_t max)
{
	const struct crfs_cow *cow;
	struct iobj *o, *parent;
	struct mmdata *d;
	size_t i, n;

	for (i = 0; i < im->nr[IOBJ_MM] && i < max; i++) {
		d = mm_data(im, &im->objs[IOBJ_MM][i]);
		if (d)
			d->fed = takes_writes(d);
	}
	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		o = &im->objs[IOBJ_MM][i];
		cow = image_recs(o, &res_mm_maps, 3, &n);
		parent = n ? image_obj(im, IOBJ_MM, cow[0].mm) : NULL;
		if (!parent || !mm_data(im, o) || !mm_data(im, parent))
			continue;
		mm_data(im, o)->fed = mm_data(im, parent)->fed = false;
	}
}

bool feed_takes(struct image *im, const struct node *mm)
{
	struct mmdata *d;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		d = im->objs[IOBJ_MM][i].node == mm ? mm_data(im, &im->objs[IOBJ_MM][i]) : NULL;
		if (d)
			return d->fed;
	}
	return false;
}

bool feed_takes_all(struct image *im)
{
	struct mmdata *d;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_MM]; i++) {
		d = mm_data(im, &im->objs[IOBJ_MM][i]);
		if (!d || !d->fed)
			return false;
	}
	return true;
}

/* Do others, with other memory, have its descriptors? Then 0 is not its own. */
static bool table_is_lent(const struct restore *rs, const struct rtask *rt)
{
	size_t i;

	for (i = 0; i < rs->nr_tasks; i++)
		if (rs->tasks[i].files == rt->files && rs->tasks[i].mm != rt->mm)
			return true;
	return !rt->files;
}

/* Until they run, nobody waits for pages: who looks into it from outside finds none (ps(1)). */
static int uffd_flags(const struct feed *f)
{
	return O_CLOEXEC | (f->lazy ? 0 : UFFD_USER_MODE_ONLY);
}

static bool can_make(const struct feed *f)
{
	int fd;

	if (f->dev >= 0)
		return true;
	fd = syscall(SYS_userfaultfd, uffd_flags(f));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void fed_put(const struct restore *rs, const struct rtask *rt, struct mmdata *d, struct tape *t)
{
	const struct feed *f = rs->im->opts->feed;
	struct tape_op *op;

	if (table_is_lent(rs, rt) || !can_make(f))
		return;
	d->has_uffd = true;
	tape_call(t, "close", SYS_close, UFFD)->want = WANT_ANY;
	if (f->dev >= 0)
		op = tape_call(t, "USERFAULTFD_IOC_NEW", SYS_ioctl, f->dev, USERFAULTFD_IOC_NEW, uffd_flags(f));
	else
		op = tape_call(t, "userfaultfd", SYS_userfaultfd, uffd_flags(f));
	op->want = WANT_EXACT;
	op->expect = UFFD;
}

bool fed_late(struct restore *rs, struct iobj *o, struct tape *t)
{
	return build_late(o, mm_data(rs->im, o), t);
}

bool fed_huge(const struct iobj *o)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);

	return !st->thp_disable && huge_always();
}

const struct crfs_vma *fed_row(const struct fed *f, uint64_t at)
{
	size_t lo = 0, hi = f->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->row[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->nr && f->row[lo].start <= at ? &f->row[lo] : NULL;
}

const char *feed_wrong(const struct fed *f, uint64_t start, uint64_t len)
{
	const struct crfs_vma *r = fed_row(f, start);

	if (!len || (start | len) % PAGE || len > CRFS_EXTENT_SIZE || start >= USER_END)
		return "not an extent of whole pages";
	if (!r || !row_private(r))
		return "not in private memory";
	for (; r->end < start + len; r++)
		if (r + 1 == f->row + f->nr || !crfs_extents_cross(r, r + 1))
			return "not in private memory";
	return NULL;
}

bool fed_pastes(const struct fed *f, const struct crfs_vma *r)
{
	return f->uffd >= 0 && r->kind == CRFS_VMA_ANON && r->end - r->start >= PASTE_MIN;
}

static int mark(struct fed *f, uint64_t start, uint64_t end)
{
	struct uffdio_register reg = { .range = { start, end - start }, .mode = UFFDIO_REGISTER_MODE_MISSING };

	return ioctl(f->uffd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

static int unmark(struct fed *f, uint64_t start, uint64_t end)
{
	struct uffdio_range range = { start, end - start };

	return ioctl(f->uffd, UFFDIO_UNREGISTER, &range) ? -errno : 0;
}

int fed_begin(struct fed *f, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };

	return f->uffd >= 0 && ioctl(f->uffd, UFFDIO_API, &api) ? -errno : 0;
}

/* When its first page comes */
static int mark_row(struct fed *f, const struct crfs_vma *r)
{
	bool *marked = &f->marked[r - f->row];
	int rc = 0;

	pthread_mutex_lock(&f->lock);
	if (!*marked) {
		rc = mark(f, r->start, r->end);
		*marked = !rc;
	}
	pthread_mutex_unlock(&f->lock);
	return rc;
}

static int write_all(const struct fed *f, uint64_t at, const char *buf, size_t len)
{
	ssize_t w;

	for (; len; at += w, buf += w, len -= w) {
		w = pwrite(f->mem, buf, len, at);
		if (w <= 0)
			return w < 0 ? -errno : -EIO;
	}
	return 0;
}

/*
 * Whoever looked before there was anything has left a page of zeros there. EAGAIN: some were copied, or somebody is
 * changing that memory at the moment.
 */
int fed_copy(const struct fed *f, uint64_t at, const char *buf, size_t len)
{
	struct uffdio_copy c;
	unsigned int tries = 0;
	size_t done = 0;
	int rc = 0;

	while (done < len && !rc) {
		c = (struct uffdio_copy){ .dst = at + done, .src = (uintptr_t)buf + done, .len = len - done };
		if (!ioctl(f->uffd, UFFDIO_COPY, &c) || (errno == EAGAIN && c.copy > 0)) {
			done += c.copy;
		} else if (errno == EAGAIN && tries++ < COPY_TRIES) {
			sched_yield();
		} else if (errno == EEXIST) {
			rc = write_all(f, at + done, buf + done, PAGE);
			done += PAGE;
		} else {
			rc = -errno;
		}
	}
	return rc;
}

/*
 * Where huge pages are wanted, the first touch of a block makes one: right where an extent fills it.
 * Elsewhere small pages are pasted, so that memory does not become more (huge.c).
 */
static int place_huge(struct fed *f, uint64_t at, const void *buf, size_t len)
{
	int rc;

	if (len == CRFS_EXTENT_SIZE || f->uffd < 0)
		return write_all(f, at, buf, len);
	rc = mark(f, at, at + len);
	if (!rc)
		rc = fed_copy(f, at, buf, len);
	return rc ?: unmark(f, at, at + len);
}

static int place(struct fed *f, const struct crfs_vma *r, uint64_t at, const void *buf, size_t len)
{
	int rc;

	if (f->lazy)
		return write_all(f, at, buf, len);
	if (huge_wanted(r, f->huge))
		return place_huge(f, at, buf, len);
	if (!fed_pastes(f, r))
		return write_all(f, at, buf, len);
	rc = mark_row(f, r);
	return rc ?: fed_copy(f, at, buf, len);
}

int feed_place(struct fed *f, uint64_t start, const void *buf, size_t len, struct err *e)
{
	const struct crfs_vma *r = fed_row(f, start);
	struct staged *piece, one = { .start = start, .end = start + len };
	size_t i, nr = 1;
	int rc = 0;

	piece = &one;
	if (r->end < start + len)
		rc = staged_cut(r, start, start + len, buf, &piece, &nr);
	for (i = 0; i < nr && !rc; i++)
		rc = place(f, fed_row(f, piece[i].start), piece[i].start, (const char *)buf + piece[i].off,
			   piece[i].end - piece[i].start);
	if (piece != &one)
		free(piece);
	return rc ? fail_on(e, rc, f->o->path, "pages/%llx: putting it in place", (unsigned long long)start) : 0;
}

int fed_done(struct fed *f, struct errlist *why)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < f->nr && !rc; i++) {
		if (f->marked[i])
			rc = unmark(f, f->row[i].start, f->row[i].end);
		f->marked[i] = false;
	}
	if (rc)
		errlist_add(why, rc, f->o->path, "UFFDIO_UNREGISTER: try again");
	return rc;
}
