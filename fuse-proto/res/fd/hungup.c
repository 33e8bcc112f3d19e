// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slave of a pseudoterminal whose master was closed, as servers have it whose terminal is gone:
 * reads find the end of the file, everything else EIO.
 *
 * From stat and the link; no ioctl is answered any more, which is how it is known. A new
 * pseudoterminal is opened and its master closed. It has the old number if that is free, else any.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/hungup.h>

#include "fdroom.h"
#include "res/inode/pty.h"
#include "rooms.h"

static bool hungup_match(const struct file *f)
{
	return S_ISCHR(f->st.st_mode) && !(f->flags & O_PATH) && major(f->st.st_rdev) == 136 &&
	       pty_hung_up(f->dup);
}

static int hungup_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_hungup r = { .mnt_ns = 0 };
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (!rc && !p.gone)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s was hung up when its session ended, while its master lives: "
				 "let the program close it", f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	text_section(out, &crfs_fd_hungup_shape);
	text_rec(out, &crfs_fd_hungup_shape, &r);
	return 0;
}

/* "/dev/pts/3": its directory makes terminals with "ptmx", and its name is the number. */
static bool split(const struct crfs_str *path, char *ptmx, size_t size, unsigned int *index)
{
	char buf[256], *slash, *end;

	if (path->len >= sizeof(buf) || memchr(path->p, '\0', path->len))
		return false;
	memcpy(buf, path->p, path->len);
	buf[path->len] = '\0';
	slash = strrchr(buf, '/');
	if (!slash || slash[1] < '0' || slash[1] > '9')
		return false;
	*index = strtoul(slash + 1, &end, 10);
	*slash = '\0';
	return !*end && (size_t)snprintf(ptmx, size, "%s/ptmx", buf) < size;
}

static void hungup_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_hungup *r = image_rec(o, &res_fd_hungup, 0);
	struct crfs_str at;
	unsigned int index;
	char ptmx[256];
	int fd;

	if (!r)
		return;
	if (!split(&r->path, ptmx, sizeof(ptmx), &index)) {
		image_mismatch(im, -EINVAL, o->path, "%.*s is not the name of a terminal", r->path.len,
			       r->path.p);
		return;
	}
	at = (struct crfs_str){ ptmx, strlen(ptmx) };
	fd = place_check(im, r->mnt_ns, &at);
	if (fd < 0 && fd != -ENODATA)
		image_mismatch(im, fd, o->path, "%s cannot be opened: mount devpts there", ptmx);
	if (fd >= 0)
		close(fd);
}

static int slave(struct iobj *o, int master)
{
	int fd = ioctl(master, TIOCGPTPEER, (file_common(o)->flags & ~O_ASYNC) | O_NOCTTY);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* All that were open on one terminal must be on one again, and are hung up together. */
static int hang_up(struct restore *rs, const struct crfs_fd_hungup *r, int master)
{
	struct image *im = rs->im;
	int rc = 0;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_FILE] && !rc; i++) {
		struct iobj *o = &im->objs[IOBJ_FILE][i];
		const struct crfs_fd_hungup *x = o->room == &res_fd_hungup ? image_rec(o, o->room, 0) : NULL;

		if (!x || x->mnt_ns != r->mnt_ns || x->path.len != r->path.len ||
		    memcmp(x->path.p, r->path.p, r->path.len))
			continue;
		o->fd = slave(o, master);
		rc = o->fd < 0 ? o->fd : 0;
	}
	close(master);
	return rc;
}

static int hungup_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_hungup *r = image_rec(o, &res_fd_hungup, 0);
	char ptmx[256];
	struct crfs_str at = { ptmx, 0 };
	unsigned int index;
	int master, rc = 0;

	if (o->fd < 0) {
		if (!split(&r->path, ptmx, sizeof(ptmx), &index))
			return fail_on(rs->err, -EINVAL, o->path, "%.*s", r->path.len, r->path.p);
		at.len = strlen(ptmx);
		master = pty_numbered(rs, r->mnt_ns, &at, index, true);
		rc = master < 0 ? master : hang_up(rs, r, master);
	}
	if (rc)
		return fail_on(rs->err, rc, o->path, "making a terminal for %.*s", r->path.len, r->path.p);
	return file_made(rs, o, o->fd);
}

const struct resource res_fd_hungup = {
	.name = "hungup",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_hungup_shape, NULL },
	.match = hungup_match,
	.read = hungup_read,
	.check = hungup_check,
	.make = hungup_make,
};
