// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Character devices without state: /dev/null, zero, full, random, urandom, and kmsg for who only writes to it.
 *
 * From stat (device number) and /proc/<tid>/fd (path). The device at the path must have the same
 * number. Other devices are refused (fd/unknown), terminals are fd/pty.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/chardev.h>

#include "fdroom.h"
#include "locks.h"
#include "rooms.h"

static bool chardev_match(const struct file *f)
{
	unsigned int n = minor(f->st.st_rdev);

	return S_ISCHR(f->st.st_mode) && !(f->flags & O_PATH) && major(f->st.st_rdev) == 1 &&
	       (n == 3 || n == 5 || n == 7 || n == 8 || n == 9 ||
		(n == 11 && (f->flags & O_ACCMODE) == O_WRONLY));
}

static int chardev_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_chardev r = { .major = major(f->st.st_rdev), .minor = minor(f->st.st_rdev) };
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (p.gone)
		snap_unsupported(s, -ENOENT, file_obj(s, f),
				 "%s: the device file is gone: make it again", f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	text_section(out, &crfs_fd_chardev_shape);
	text_rec(out, &crfs_fd_chardev_shape, &r);
	locks_read(s, f, out);
	return 0;
}

static bool same_device(int fd, const struct crfs_fd_chardev *r)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(r->major, r->minor);
}

/* Is @o at the place of the one before it? Where many are open, they are /dev/null. */
static const struct iobj *neighbour(const struct image *im, const struct iobj *o)
{
	const struct crfs_fd_chardev *a = image_rec(o, &res_fd_chardev, 0), *b;

	if (o == im->objs[IOBJ_FILE])
		return NULL;
	b = image_rec(o - 1, &res_fd_chardev, 0);
	return b && a && a->mnt_ns == b->mnt_ns && a->major == b->major && a->minor == b->minor &&
	       a->path.len == b->path.len && !memcmp(a->path.p, b->path.p, a->path.len) ? o - 1 : NULL;
}

/* ->priv: it was looked at, and is good */
static void chardev_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_chardev *r = image_rec(o, &res_fd_chardev, 0);
	const struct iobj *other = neighbour(im, o);
	int fd;

	if (other && other->priv) {
		o->priv = o;
		return;
	}
	fd = r ? place_check(im, r->mnt_ns, &r->path) : -ENODATA;

	if (fd == -ENODATA)
		return;
	if (fd < 0)
		image_mismatch(im, fd, o->path, "%.*s cannot be opened", r->path.len, r->path.p);
	else if (!same_device(fd, r))
		image_mismatch(im, -ENODEV, o->path, "%.*s is not device %u:%u",
			       r->path.len, r->path.p, r->major, r->minor);
	else
		o->priv = o;
	if (fd >= 0)
		close(fd);
}

static int chardev_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_chardev *r = image_rec(o, &res_fd_chardev, 0);
	const struct iobj *other = neighbour(rs->im, o);
	bool seen = other && other->fd >= 0;
	int fd, rc;

	/* Opening other devices may do things; so look before, unless that was just done. */
	fd = seen ? 0 : place_open(rs, r->mnt_ns, &r->path, O_PATH);
	if (fd >= 0) {
		rc = seen || (same_device(fd, r) && r->major == 1) ? 0 : -ENODEV;
		if (!seen)
			close(fd);
		fd = rc ? rc : place_open(rs, r->mnt_ns, &r->path, file_common(o)->flags);
	}
	if (fd >= 0 && !same_device(fd, r)) {
		close(fd);
		fd = -ENODEV;
	}
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", r->path.len, r->path.p);
	o->fd = fd;
	rc = locks_put(rs, o, 1, fd);
	return rc ? rc : file_made(rs, o, fd);
}

const struct resource res_fd_chardev = {
	.name = "chardev",
	.scope = PER_FILE,
	.shapes =
		(const struct crfs_shape *const[]){&crfs_fd_chardev_shape, &crfs_lock_shape, NULL},
	.match = chardev_match,
	.read = chardev_read,
	.check = chardev_check,
	.make = chardev_make,
};
