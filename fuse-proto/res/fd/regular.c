// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regular files that have a name: they stay where they are, and are opened again.
 *
 * From /proc/<tid>/fd, fdinfo and stat. At restore the file must be there, be a regular file and
 * hold the position; files=strict wants the same size, mtime and inode as well, files=lax follows
 * symbolic links to it. Files of /proc, sysfs and their like are opened again by path. What is in the file is
 * not carried: it is in the file. Lost, with a line: a trigger that one of pressure (PSI) was given.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <crfs/res/fd/regular.h>

#include "fdroom.h"
#include "locks.h"
#include "res/inode/tmpfs.h"
#include "res/inode/mqueue.h"
#include "rooms.h"

static bool regular_match(const struct file *f)
{
	return S_ISREG(f->st.st_mode) && !(f->flags & O_PATH) && f->st.st_nlink &&
	       *f->link == '/' && !mqueue_is(f) && !file_secret(f);
}

/* File systems whose files are views of the kernel: size, time and inode number mean nothing. */
static bool synthetic(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned long)fs.f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case SECURITYFS_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), k = strlen(tail);

	return n >= k && !strcmp(s + n - k, tail);
}

/* A trigger is not told, but that there is one is: a second is EBUSY, before anybody looks what it says (kernel/sched/psi.c). */
static bool has_trigger(const struct file *f)
{
	static const char *const pressure[] = { ".pressure", "/pressure/cpu", "/pressure/io", "/pressure/memory", "/pressure/irq" };
	size_t i;

	if ((f->flags & O_ACCMODE) == O_RDONLY || !synthetic(f->dup))
		return false;
	for (i = 0; i < sizeof(pressure) / sizeof(pressure[0]); i++)
		if (ends_with(f->link, pressure[i]))
			return write(f->dup, "?", 1) < 0 && errno == EBUSY;
	return false;
}

static int regular_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_regular r = { .size = 0 };
	struct file *f = obj;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (!s->live && has_trigger(f))
		snap_lost(s, file_obj(s, f), "the trigger of %s (PSI): poll(2) will say POLLERR: let the program close it",
			  f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	if (!synthetic(f->dup) && !tmpfs_carried(s, f->st.st_dev)) {
		r.size = f->st.st_size;
		r.mtime_ns = f->st.st_mtim.tv_sec * 1000000000LL + f->st.st_mtim.tv_nsec;
		r.ino = f->st.st_ino;
	}
	text_section(out, &crfs_fd_regular_shape);
	text_rec(out, &crfs_fd_regular_shape, &r);
	locks_read(s, f, out);
	return 0;
}

static void compare(struct image *im, struct iobj *o, const struct crfs_fd_regular *r,
		    const struct stat *st)
{
	uint64_t need = file_common(o)->pos < r->size ? file_common(o)->pos : r->size;

	if (!r->ino)
		return;
	if ((uint64_t)st->st_size < need)
		image_mismatch(im, -ESTALE, o->path,
			       "%.*s is shorter (%lld bytes) than the position "
			       "%llu in it: bring the file back",
			       r->path.len, r->path.p, (long long)st->st_size,
			       (unsigned long long)need);
	if (im->opts->files != FILES_STRICT)
		return;
	if ((uint64_t)st->st_size != r->size || (uint64_t)st->st_ino != r->ino ||
	    st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec != r->mtime_ns)
		image_mismatch(im, -ESTALE, o->path,
			       "%.*s was changed or replaced: bring it back, or "
			       "mount without files=strict",
			       r->path.len, r->path.p);
}

static void regular_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_regular *r = image_rec(o, &res_fd_regular, 0);
	int fd = r ? place_check(im, r->mnt_ns, &r->path) : -ENODATA;
	struct stat st;

	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened: bring the file back",
			       r->path.len, r->path.p);
	else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		image_mismatch(im, -EINVAL, o->path, "%.*s is not a regular file",
			       r->path.len, r->path.p);
	else
		compare(im, o, r, &st);
	if (fd >= 0)
		close(fd);
}

static int regular_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_regular *r = image_rec(o, &res_fd_regular, 0);
	int fd = place_open(rs, r->mnt_ns, &r->path, file_common(o)->flags), rc;
	struct stat st;

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", r->path.len, r->path.p);
	o->fd = fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fail_on(rs->err, -EINVAL, o->path, "%.*s is not a regular file",
			       r->path.len, r->path.p);
	rc = locks_put(rs, o, 1, fd);
	return rc ? rc : file_made(rs, o, fd);
}

static int regular_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	(void)rs;
	return locks_put_lease(rt, o, 1, tape);
}

const struct resource res_fd_regular = {
	.name = "regular",
	.scope = PER_FILE,
	.shapes =
		(const struct crfs_shape *const[]){&crfs_fd_regular_shape, &crfs_lock_shape, NULL},
	.match = regular_match,
	.read = regular_read,
	.check = regular_check,
	.make = regular_make,
	.put = regular_put,
};
