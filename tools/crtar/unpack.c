// SPDX-License-Identifier: GPL-2.0-or-later
/* A checkpoint as a directory: what untarring an archive of it gives. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "crtar.h"
#include "unpack.h"

#define PIECE (1 << 20)

/** struct unpack - on the way; @buf: of PIECE bytes */
struct unpack {
	char *buf;
	struct err *e;
};

static int put(int fd, const char *p, size_t len, off_t off)
{
	ssize_t w;

	for (; len; p += w, off += w, len -= w) {
		w = pwrite(fd, p, len, off);
		if (w <= 0)
			return w < 0 ? -errno : -ENOSPC;
	}
	return 0;
}

/* Where the data at or behind @off begins, and ends; the size of the file if there is no more. */
static off_t data_at(struct node *n, off_t off, off_t *end)
{
	bool holes = n->ops && n->ops->hole;
	off_t at = holes ? n->ops->hole(n, off, true) : off;

	if (at == -ENXIO)
		at = n->size;
	*end = at >= 0 && at < n->size && holes ? n->ops->hole(n, at, false) : n->size;
	return at;
}

static int write_bytes(struct unpack *u, int fd, struct node *n)
{
	off_t off = 0, end = 0;
	ssize_t got;
	int r = ftruncate(fd, n->size) < 0 ? -errno : 0;

	while (!r && !(r = interrupted(u->e)) && off < n->size) {
		if (off >= end)
			off = data_at(n, off, &end);
		if (off < 0 || end < 0)
			return off < 0 ? off : end;
		if (off >= n->size)
			break;
		got = node_pread(n, u->buf, end - off < PIECE ? end - off : PIECE, off);
		r = got <= 0 ? (got ? (int)got : -EIO) : put(fd, u->buf, got, off);
		off += got;
	}
	return r;
}

static int finish(int fd, mode_t mode, const struct node *n)
{
	struct timespec times[2] = { n->mtime, n->mtime };

	return fchmod(fd, mode) < 0 || futimens(fd, times) < 0 ? -errno : 0;
}

static int write_file(struct unpack *u, int dir, struct node *n)
{
	int fd = openat(dir, n->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : write_bytes(u, fd, n);

	if (!r)
		r = finish(fd, 0400, n);
	if (fd >= 0)
		close(fd);
	return r;
}

static int write_dir(struct unpack *u, int fd, const struct node *dir)
{
	struct node *n;
	char path[4096];
	int sub, r = 0;

	for (n = dir->child; n && !r; n = n->next) {
		if (n->kind != NODE_DIR) {
			r = write_file(u, fd, n);
		} else {
			r = mkdirat(fd, n->name, 0700) < 0 ? -errno : 0;
			sub = r ? -1 : openat(fd, n->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			r = r ? r : sub < 0 ? -errno : write_dir(u, sub, n);
			if (sub >= 0)
				close(sub);
		}
		if (r < 0)
			return fail_on(u->e, r, tree_path(n, NULL, path, sizeof(path)), "write it: %s",
				       r == -ENOSPC ? "make room for it" : "try again");
	}
	r = finish(fd, 0500, dir);
	return r < 0 ? fail(u->e, r, "set the mode of a directory") : 0;
}

int unpack(const struct node *top, const char *to, struct err *e)
{
	struct unpack u = { .buf = malloc(PIECE), .e = e };
	struct aside a;
	int r = u.buf ? aside_dir(&a, to, e) : fail(e, -ENOMEM, "memory to write it");

	if (!r)
		r = aside_done(&a, write_dir(&u, a.fd, top), e);
	free(u.buf);
	return r;
}
