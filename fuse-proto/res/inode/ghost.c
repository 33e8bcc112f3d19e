// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A regular file without a name: its content travels as extents, holes kept.
 *
 * From stat and the file itself (SEEK_DATA, SEEK_HOLE), read through a description of our own as
 * long as the view lives. It is made again in the directory it was in, which is made, too, if it is
 * gone: created and unlinked at once under its old name, or with O_TMPFILE if it was, or if the name
 * is taken and crfs may not mount. Lost: access time, extended attributes (refused if there are any
 * in user. or an ACL).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/res/fd/unlinked.h>
#include <crfs/res/inode/ghost.h>

#include "attributes.h"
#include "fdroom.h"
#include "ghost.h"
#include "proc.h"
#include "rooms.h"
#include "shmem.h"

#define PIECE (1 << 20)
#define PAGE 4096

/* Opening a file on which somebody has a lease would break it; then its own description must do. */
static int open_own(struct snap *s, int fd)
{
	char *info = proc_read(s->proc, NULL, "self/fdinfo/%d", fd);
	bool leased = info && strstr(info, "LEASE ");
	int own;

	free(info);
	own = leased ? fcntl(fd, F_DUPFD_CLOEXEC, 0) :
	      proc_open(s->proc, O_RDONLY | O_NONBLOCK, "self/fd/%d", fd);
	return own;
}

struct inode *ghost(struct snap *s, int fd, const struct stat *st, const struct place *p)
{
	int own = open_own(s, fd);
	struct inode *n =
		own < 0 ? NULL : snap_inode(s, &res_inode_ghost, st->st_dev, st->st_ino, own);
	struct place *kept;

	if (!n || n->priv)
		return n;
	kept = pool_alloc(&s->pool, sizeof(*kept));
	if (!kept)
		return NULL;
	*kept = *p;
	n->priv = kept;
	return n;
}

/* The kernel names what O_TMPFILE makes '#' and its inode number. */
static void tmpfile_name(struct crfs_inode_ghost *g, ino_t ino)
{
	char name[32];
	size_t n = snprintf(name, sizeof(name), "/#%lu", (unsigned long)ino);

	if (g->path.len < n || memcmp(g->path.p + g->path.len - n, name, n))
		return;
	g->tmpfile = 1;
	g->path.len -= g->path.len == n ? n - 1 : n;
}

static int ghost_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	const struct place *p = n->priv;
	struct crfs_inode_ghost g = { .path = p->path, .mnt_ns = p->mnt_ns };
	struct stat st;

	if (fstat(n->dup, &st) < 0)
		return -errno;
	tmpfile_name(&g, st.st_ino);
	g.mode = st.st_mode & 07777;
	g.uid = st.st_uid;
	g.gid = st.st_gid;
	g.size = st.st_size;
	g.mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	lost_xattrs(s, n, "an unlinked file");
	lost_flags(s, snap_obj(s, "inodes", n->id), n->dup, "an unlinked file");
	text_section(out, &crfs_inode_ghost_shape);
	text_rec(out, &crfs_inode_ghost_shape, &g);
	return shmem_read(s, n, st.st_size);
}

static void ghost_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_ghost *g = image_rec(o, &res_inode_ghost, 0);

	if (g)
		shmem_check(im, o, g->size, 0);
}

/** struct naming - inode @o of @rs is given its name for a moment */
struct naming {
	struct restore *rs;
	struct iobj *o;
};

/* Return: the first description of it behind @f with O_NOFOLLOW, or NULL */
static struct iobj *next_nofollow(const struct naming *n, struct iobj *f)
{
	const struct image *im = n->rs->im;
	const struct crfs_fd_unlinked *u;

	for (f = f ? f + 1 : im->objs[IOBJ_FILE]; f < im->objs[IOBJ_FILE] + im->nr[IOBJ_FILE]; f++) {
		u = f->room == &res_fd_unlinked ? image_rec(f, &res_fd_unlinked, 0) : NULL;
		if (u && u->inode == n->o->id && (file_common(f)->flags & O_NOFOLLOW))
			return f;
	}
	return NULL;
}

/*
 * Descriptions with O_NOFOLLOW, as shm_open(3) makes them, can only be opened by a name, and the file
 * has one now: later they would be opened through /proc, which is a link.
 */
static int open_by_name(int dir, const char *name, const struct naming *n)
{
	struct iobj *f = NULL;

	while ((f = next_nofollow(n, f))) {
		f->fd = openat(dir, name, (file_common(f)->flags & ~FILE_MAKING) | O_CLOEXEC |
			       O_NOCTTY);
		if (f->fd < 0)
			return -errno;
	}
	return 0;
}

static int make_named(int dir, const char *name, void *arg)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	rc = open_by_name(dir, name, arg);
	unlinkat(dir, name, 0);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

/*
 * What never had a name has one description with O_NOFOLLOW at most: that of the call that made it, which is
 * how python's tempfile does it. @name is of no interest.
 */
static int make_tmpfile(int dir, const char *name, void *arg)
{
	const struct naming *n = arg;
	struct iobj *f = next_nofollow(n, NULL);
	int flags = f ? file_common(f)->flags & ~FILE_MAKING : O_RDWR;
	int fd = openat(dir, ".", flags | O_TMPFILE | O_CLOEXEC | O_NOCTTY, 0600);

	(void)name;
	if (fd < 0 || !f)
		return fd < 0 ? -errno : fd;
	f->fd = fd;
	return proc_open(n->rs->proc, O_RDWR | O_CLOEXEC, "self/fd/%d", fd);
}

static int make_empty(struct restore *rs, struct iobj *o, const struct crfs_inode_ghost *g)
{
	char path[PATH_MAX + 2];
	struct naming n = { rs, o };
	struct crfs_str in = { path, g->path.len + 2 };
	int fd = -EEXIST;

	if (!g->tmpfile)
		fd = nameless_make(rs, g->mnt_ns, &g->path, true, make_named, &n);
	if (fd != -EEXIST || g->path.len >= PATH_MAX)
		return fd;
	if (g->tmpfile)
		snprintf(path, sizeof(path), "%.*s/x", (int)g->path.len, g->path.p);
	else	/* who may not mount cannot have the name that is taken */
		in = g->path;
	return nameless_make(rs, g->mnt_ns, &in, false, make_tmpfile, &n);
}

static int write_all(int fd, const char *buf, size_t len, off_t off)
{
	while (len) {
		ssize_t done = pwrite(fd, buf, len, off);

		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		buf += done;
		off += done;
		len -= done;
	}
	return 0;
}

static bool zeros(const char *p, size_t n)
{
	return !n || (!*p && !memcmp(p, p + 1, n - 1));
}

/* How many bytes from @at are pages of zeros? */
static size_t hole(const char *buf, size_t at, size_t len)
{
	size_t end = at, step;

	for (; end < len; end += step) {
		step = len - end < PAGE ? len - end : PAGE;
		if (!zeros(buf + end, step))
			break;
	}
	return end - at;
}

/*
 * Pages of zeros stay holes where they can have been some: an extent begins and ends with what was
 * written, and a hole of CRFS_HOLE_MAX pages would have ended it. Zeros that were written are written
 * again, so that the next checkpoint has the same extents. @first, @last: of the extent
 */
static int write_piece(int fd, const char *buf, size_t len, off_t off, bool first, bool last)
{
	size_t from = 0, to, n;
	int rc = 0;

	for (to = 0; to < len && !rc; to += n ? n : PAGE) {
		n = hole(buf, to, len);
		if (!n || n >= CRFS_HOLE_MAX * PAGE || (first && !to) || (last && to + n == len))
			continue;
		rc = write_all(fd, buf + from, to - from, off + from);
		from = to + n;
	}
	return rc || from >= len ? rc : write_all(fd, buf + from, len - from, off + from);
}

/* One extent; the last page of the last one may lie half behind the end. */
static int copy_extent(int fd, struct node *n, off_t size, char *buf)
{
	off_t at = strtoll(n->name, NULL, 16), off = 0, end = n->size;
	ssize_t got;
	int rc = 0;

	if (end > size - at)
		end = size - at;
	for (; off < end && !rc; off += got) {
		got = node_pread(n, buf, end - off < PIECE ? end - off : PIECE, off);
		if (got <= 0)
			return got < 0 ? got : -EIO;
		rc = write_piece(fd, buf, got, at + off, !off, off + got == end);
	}
	return rc;
}

static int copy(int fd, const struct iobj *o, off_t size)
{
	char *buf = malloc(PIECE);
	struct node *dir, *n;
	int rc = buf ? 0 : -ENOMEM;

	for (dir = o->node->child; dir; dir = dir->next)
		for (n = dir->kind == NODE_DIR ? dir->child : NULL; n && !rc; n = n->next)
			rc = copy_extent(fd, n, size, buf);
	free(buf);
	return rc;
}

static int ghost_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_ghost *g = image_rec(o, &res_inode_ghost, 0);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ g->mtime_ns / 1000000000, g->mtime_ns % 1000000000 } };
	int fd = make_empty(rs, o, g), rc;

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "making a file for %.*s", g->path.len,
			       g->path.p);
	o->fd = fd;
	rc = ftruncate(fd, g->size) < 0 ? -errno : copy(fd, o, g->size);
	if (rc)
		return fail_on(rs->err, rc, o->path, "writing the content of %.*s", g->path.len,
			       g->path.p);
	if (fchown(fd, g->uid, g->gid) < 0 || fchmod(fd, g->mode) < 0 || futimens(fd, times) < 0)
		return fail_on(rs->err, -errno, o->path, "owner, mode and time of %.*s",
			       g->path.len, g->path.p);
	return 0;
}

const struct resource res_inode_ghost = {
	.name = "ghost",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_ghost_shape, NULL },
	.payloads = (const char *const[]){ "pages/", NULL },
	.read = ghost_read,
	.check = ghost_check,
	.make = ghost_make,
};
