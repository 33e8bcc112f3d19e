// SPDX-License-Identifier: GPL-2.0-or-later
/* An address space being put back: what its rooms keep, and files that are opened once for all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fdroom.h"
#include "mm.h"

#define BUCKETS 512

struct mmdata *mm_data(struct image *im, struct iobj *o)
{
	struct mmdata *d = o->priv;

	if (d)
		return d;
	d = pool_alloc(&im->pool, sizeof(*d));
	if (!d)
		return NULL;
	d->rows = image_recs(o, &res_mm_maps, 0, &d->nr);
	d->exe = d->copy = -1;
	return o->priv = d;
}

int mm_copy(struct restore *rs, struct mmdata *d, const void *p, size_t n, off_t *off)
{
	struct mmdata *all = mm_data(rs->im, &rs->im->objs[IOBJ_MM][0]);

	if (!all)
		return fail(rs->err, -ENOMEM, "memory for pages on their way");
	if (all->copy < 0)
		all->copy = memfd_create("crfs-pages", MFD_CLOEXEC);
	d->copy = all->copy;
	if (d->copy < 0)
		return fail(rs->err, -errno, "memory for pages on their way");
	if (pwrite(d->copy, p, n, all->copied) != (ssize_t)n)
		return fail(rs->err, -ENOSPC, "memory for pages on their way");
	*off = all->copied;
	all->copied += (n + PAGE - 1) & ~(PAGE - 1);
	return 0;
}

uint32_t mm_ns(const struct iobj *o)
{
	const struct crfs_mm_status *st = image_rec(o, &res_mm_status, 0);

	return st ? st->mnt_ns : 0;
}

static unsigned int hash(struct crfs_str s)
{
	unsigned int h = 5381;
	size_t i;

	for (i = 0; i < s.len; i++)
		h = h * 33 + (unsigned char)s.p[i];
	return h % BUCKETS;
}

struct opened *mm_file(struct image *im, uint32_t mnt_ns, struct crfs_str path, bool write)
{
	struct mmdata *d = mm_data(im, &im->objs[IOBJ_MM][0]);
	struct opened **p, *f;

	if (d && !d->files)
		d->files = pool_alloc(&im->pool, BUCKETS * sizeof(*d->files));
	if (!d || !d->files)
		return NULL;
	p = &d->files[hash(path)];
	for (f = *p; f; f = f->next)
		if (f->mnt_ns == mnt_ns && f->write == write && f->path.len == path.len &&
		    !memcmp(f->path.p, path.p, path.len))
			return f;
	f = pool_alloc(&im->pool, sizeof(*f));
	if (!f)
		return NULL;
	*f = (struct opened){ .path = path, .mnt_ns = mnt_ns, .write = write, .rc = 1, .fd = -1,
			      .next = *p };
	return *p = f;
}

static bool is_str(struct crfs_str s, const char *p)
{
	return s.len == strlen(p) && !memcmp(s.p, p, s.len);
}

/* With files=same a program is known by its build-id, other files by size and time. */
static const char *differs(const struct fileid *is, const struct crfs_mapped *want,
			   enum files_policy policy)
{
	bool same_stat = is->size == want->size && is->mtime == want->mtime &&
			 is->mtime_nsec == want->mtime_nsec;

	if (!S_ISREG(is->mode) && !S_ISCHR(is->mode))
		return "type";
	if (policy == FILES_LAX)
		return is->size < want->size && S_ISREG(is->mode) ? "size" : NULL;
	if (!is_str(want->build_id, is->build_id))
		return "build-id";
	if (S_ISCHR(is->mode) || (want->build_id.len && policy != FILES_STRICT))
		return NULL;
	return is->size != want->size ? "size" : same_stat ? NULL : "modification time";
}

static void look(struct image *im, struct opened *f)
{
	int fd = memchr(f->path.p, 0, f->path.len) ? -EINVAL :
		 place_check(im, f->mnt_ns, &f->path);

	f->rc = fd < 0 ? fd : fileid_get(fd, &f->id);
	if (fd >= 0)
		close(fd);
}

void mm_file_check(struct image *im, const struct iobj *o, uint32_t mnt_ns,
		   const struct crfs_mapped *want)
{
	struct opened *f = mm_file(im, mnt_ns, want->path, false);
	const char *what = NULL;

	if (!f || f->named)
		return;
	if (f->rc == 1)
		look(im, f);
	if (f->rc == -ENODATA)		/* in a mount namespace that does not exist yet */
		return;
	if (!f->rc)
		what = differs(&f->id, want, im->opts->files);
	f->named = f->rc || what;
	if (f->rc)
		image_mismatch(im, f->rc, o->path, "mapped file %.*s: install it",
			       (int)want->path.len, want->path.p);
	else if (what)
		image_mismatch(im, -ESTALE, o->path,
			       "mapped file %.*s: another %s than at the checkpoint: "
			       "install the same, or mount with -o files=lax",
			       (int)want->path.len, want->path.p, what);
}

int mm_file_fd(struct restore *rs, const struct iobj *o, uint32_t mnt_ns, struct crfs_str path,
	       bool write)
{
	struct opened *f = mm_file(rs->im, mnt_ns, path, write);
	struct stat st;

	if (!f)
		return -ENOMEM;
	if (f->fd >= 0)
		return f->fd;
	f->fd = place_open(rs, mnt_ns, &path, (write ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0)
		return fail_on(rs->err, f->fd, o->path, "opening %.*s to map it", (int)path.len,
			       path.p);
	if (fstat(f->fd, &st) || (!S_ISREG(st.st_mode) &&
				  !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 5))))
		return fail_on(rs->err, -EINVAL, o->path, "%.*s: not a regular file",
			       (int)path.len, path.p);
	return f->fd;
}
