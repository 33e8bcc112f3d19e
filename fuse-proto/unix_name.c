// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of unix sockets.
 *
 * What bind(2) was given stays the name whatever becomes of the file: it may have been a relative path, or
 * one that led through a link, and the file may have been renamed or unlinked since. So the name is bound
 * in a directory made for it, which is the root of a child of ours, and the file is then moved to where
 * it shall be. If one is there from before, it takes all of its names in that directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"
#include "proc.h"
#include "unix_name.h"

#define SIOCUNIXFILE (0x89E0 + 0)	/* Linux 4.13 */
#define NAME_AT offsetof(struct sockaddr_un, sun_path)

struct crfs_str uname_str(const struct sockaddr_un *a, socklen_t len)
{
	struct crfs_str s = { a->sun_path, 0 };

	if (len > NAME_AT && len <= sizeof(*a) + 1)
		s.len = len - NAME_AT;
	if (s.len > sizeof(a->sun_path))
		s.len = sizeof(a->sun_path);
	if (s.len && *a->sun_path)
		s.len = strnlen(a->sun_path, s.len);
	return s;
}

socklen_t uname_addr(const struct crfs_str *name, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, name->p, name->len);
	return NAME_AT + name->len + (*a->sun_path && name->len < sizeof(a->sun_path));
}

static int read_file(struct snap *s, const struct file *f, struct uname *n)
{
	struct file at = *f;
	struct place p;
	char *link;
	int rc;

	at.dup = ioctl(f->dup, SIOCUNIXFILE);
	if (at.dup < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "SIOCUNIXFILE");
	if (f->carrier)
		at.task = f->carrier;
	link = proc_link(s->proc, "self/fd/%d", at.dup);
	at.link = link ? pool_strdup(&s->pool, link) : NULL;
	free(link);
	rc = !at.link || fstat(at.dup, &at.st) < 0 ? -ENOMEM : file_place(s, &at, &p);
	close(at.dup);
	if (rc < 0)
		return rc;
	if (!rc && !p.gone && at.st.st_nlink > 1 && place_names(s, &at, &p) < at.st.st_nlink)
		snap_lost(s, file_obj(s, f), "names of %.*s in other directories, of %u that it has: they will lead nowhere",
			  p.path.len, p.path.p, (unsigned int)at.st.st_nlink);
	n->path = p.path;
	n->mnt_ns = p.mnt_ns;
	n->unlinked = p.gone;
	n->mode = at.st.st_mode & 07777;
	n->uid = at.st.st_uid;
	n->gid = at.st.st_gid;
	return 0;
}

int uname_read(struct snap *s, const struct file *f, bool file, struct uname *n)
{
	struct sockaddr_un a = { .sun_family = 0 };
	socklen_t len = sizeof(a);
	struct crfs_str str;
	char *p;

	*n = (struct uname){ .mode = 0 };
	if (getsockname(f->dup, (struct sockaddr *)&a, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "getsockname");
	str = uname_str(&a, len);
	p = pool_alloc(&s->pool, str.len + 1);
	if (!p)
		return -ENOMEM;
	memcpy(p, str.p, str.len);
	n->name = (struct crfs_str){ p, str.len };
	return file && uname_is_path(&n->name) ? read_file(s, f, n) : 0;
}

void uname_check(struct image *im, struct iobj *o, const struct uname *n)
{
	if (n->name.len > sizeof(((struct sockaddr_un *)0)->sun_path) ||
	    (uname_is_path(&n->name) && memchr(n->name.p, '\0', n->name.len)) ||
	    uname_is_path(&n->name) != !!n->path.len || (n->path.len && *n->path.p != '/'))
		image_mismatch(im, -EINVAL, o->path, "name and path do not go together");
}

/* A socket file on which nobody listens is what is left of before. Changes the working directory. */
static int clear_way(int type, int dir, const char *last)
{
	struct crfs_str name = { last, strlen(last) };
	struct sockaddr_un a;
	struct stat st;
	int s, rc;

	if (fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (name.len > sizeof(a.sun_path) || fchdir(dir) < 0)
		return -ENAMETOOLONG;
	s = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -errno;
	rc = connect(s, (const struct sockaddr *)&a, uname_addr(&name, &a)) < 0 &&
	     errno == ECONNREFUSED ? 0 : -EADDRINUSE;
	close(s);
	return rc;
}

/* The directories of @path, made or taken away; ".." leads nowhere else here. */
static int each_dir(const char *path, bool make)
{
	char part[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	size_t i, n = strlen(path);

	for (i = 1; i < n; i++) {
		size_t at = make ? i : n - i;

		if (path[at] != '/')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (make ? mkdir(part, 0700) < 0 && errno != EEXIST : rmdir(part) < 0 && false)
			return -errno;
	}
	return 0;
}

/* A file without a name keeps the last one that it had: it is given that, and loses it. */
static int unlink_there(const char *path, int dir, const char *last)
{
	if (renameat2(AT_FDCWD, path, dir, last, RENAME_NOREPLACE) == 0)
		return unlinkat(dir, last, 0) < 0 ? -errno : 0;
	if (errno != EEXIST || renameat2(AT_FDCWD, path, dir, last, RENAME_EXCHANGE) < 0 ||
	    unlinkat(dir, last, 0) < 0 || renameat(AT_FDCWD, path, dir, last) < 0)
		return -errno;
	return 0;
}

static int bind_here(const struct sockaddr_un *a, socklen_t len, int fd, int dir, const char *last,
		     const struct uname *n)
{
	char path[sizeof(a->sun_path) + 1] = { 0 };
	int rc;

	memcpy(path, a->sun_path, sizeof(a->sun_path));
	rc = each_dir(path, true);
	if (!rc && bind(fd, (const struct sockaddr *)a, len) < 0)
		rc = -errno;
	if (!rc && n && (lchown(path, n->uid, n->gid) < 0 || chmod(path, n->mode) < 0))
		rc = -errno;
	if (!rc && n && n->unlinked)
		rc = unlink_there(path, dir, last);
	else if (!rc && renameat(AT_FDCWD, path, dir, last) < 0)
		rc = -errno;
	if (rc)
		unlink(path);
	each_dir(path, false);
	return rc;
}

/* In the child: the root is a new directory in @dir. */
static int bind_apart(const struct crfs_str *name, int fd, int dir, const char *last,
		      const struct uname *n)
{
	struct sockaddr_un a;
	socklen_t len = uname_addr(name, &a);
	char tmp[32];
	int rc;

	snprintf(tmp, sizeof(tmp), ".crfs-%d", getpid());
	umask(0);
	if (mkdirat(dir, tmp, 0700) < 0)
		return -errno;
	rc = fchdir(dir) < 0 || chdir(tmp) < 0 || chroot(".") < 0 ? -errno :
	     bind_here(&a, len, fd, dir, last, n);
	unlinkat(dir, tmp, AT_REMOVEDIR);
	return rc;
}

/* What is @last in @dir gets all other names there that @old had, too. */
static int link_again(int dir, const char *last, const struct stat *old)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;
	char tmp[32];

	if (!d) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	snprintf(tmp, sizeof(tmp), ".crfs-%d", getpid());
	while (!rc && (e = readdir(d))) {
		if (e->d_ino != old->st_ino || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ino != old->st_ino || st.st_dev != old->st_dev)
			continue;
		if (linkat(dir, last, dir, tmp, 0) < 0 || renameat(dir, tmp, dir, e->d_name) < 0) {
			rc = -errno;
			unlinkat(dir, tmp, 0);
		}
	}
	closedir(d);
	return rc;
}

/* Where the file was there before, it and its directory look as if it had stayed. */
static int bind_again(const struct crfs_str *name, int fd, int dir, const char *last, const struct uname *n)
{
	struct stat file, in;
	bool was = !n->unlinked && !fstatat(dir, last, &file, AT_SYMLINK_NOFOLLOW) && !fstat(dir, &in);
	int held = was && file.st_nlink > 1 ? openat(dir, last, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
	int rc = bind_apart(name, fd, dir, last, n);

	if (!rc && held >= 0)
		rc = link_again(dir, last, &file);
	if (held >= 0)		/* its number was nobody else's */
		close(held);
	if (!rc && was) {
		utimensat(dir, last, (struct timespec [2]){ file.st_atim, file.st_mtim }, AT_SYMLINK_NOFOLLOW);
		utimensat(dir, ".", (struct timespec [2]){ in.st_atim, in.st_mtim }, 0);
	}
	return rc;
}

/** struct binding - of socket @fd, of @type, to @name, @last in @dir; @n NULL: it was not there before */
struct binding {
	const struct crfs_str *name;
	int fd, dir;
	const char *last;
	int type;
	const struct uname *n;
};

static int bind_it(void *arg)
{
	const struct binding *b = arg;
	int rc = b->n && !b->n->unlinked ? clear_way(b->type, b->dir, b->last) : 0;

	if (rc)
		return rc;
	return b->n ? bind_again(b->name, b->fd, b->dir, b->last, b->n) :
		      bind_apart(b->name, b->fd, b->dir, b->last, b->n);
}

int uname_bind_in(const struct crfs_str *name, int fd, int dir, const char *last)
{
	struct binding b = { .name = name, .fd = fd, .dir = dir, .last = last };

	return aside(bind_it, &b);
}

int uname_bind(struct restore *rs, const struct uname *n, int fd, int type)
{
	struct crfs_str last, up = n->path;
	char name[NAME_MAX + 1];
	struct sockaddr_un a;
	int dir, rc = -EINVAL;

	if (!n->name.len)
		return 0;
	if (!uname_is_path(&n->name))
		return bind(fd, (struct sockaddr *)&a, uname_addr(&n->name, &a)) < 0 ? -errno : 0;
	while (up.len && up.p[up.len - 1] != '/')
		up.len--;
	last = (struct crfs_str){ n->path.p + up.len, n->path.len - up.len };
	if (!last.len || last.len > NAME_MAX)
		return -EINVAL;
	memcpy(name, last.p, last.len);
	name[last.len] = '\0';
	while (up.len > 1 && up.p[up.len - 1] == '/')
		up.len--;
	dir = n->unlinked ? place_parent(rs, n->mnt_ns, &n->path, &last) :
	      place_open(rs, n->mnt_ns, &up, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return dir;
	rc = aside(bind_it, &(struct binding){ &n->name, fd, dir, name, type, n });
	close(dir);
	return rc;
}
