// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was in a tmpfs of the container's own, made again: as soon as it is mounted (ns/mnt), before
 * anything is mounted in it. No name of a tree leads out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <crfs/res/inode/tmpfs.h>
#include <crfs/str.h>

#include "image.h"
#include "shmem.h"
#include "tmpfs.h"

#define PAGE 4096ULL

/* Below the root, with no way out of it. */
static bool proper(const struct crfs_str *path)
{
	size_t i, from = 0, n;

	if (!path->len || path->len >= PATH_MAX || memchr(path->p, '\0', path->len))
		return false;
	for (i = 0; i <= path->len; i++) {
		if (i < path->len && path->p[i] != '/')
			continue;
		n = i - from;
		if (!n || n > NAME_MAX || (n == 1 && path->p[from] == '.') ||
		    (n == 2 && path->p[from] == '.' && path->p[from + 1] == '.'))
			return false;
		from = i + 1;
	}
	return true;
}

/* Labels of security modules are theirs to give. */
bool tmpfs_xattr_fits(const char *name)
{
	return strncmp(name, "security.", 9) || !strcmp(name, "security.capability");
}

static bool xattr_proper(const struct crfs_tmpfs_xattr *x)
{
	char name[XATTR_NAME_MAX + 1];

	if (!x->name.len || x->name.len > XATTR_NAME_MAX || memchr(x->name.p, '\0', x->name.len) ||
	    x->value.len > XATTR_SIZE_MAX)
		return false;
	memcpy(name, x->name.p, x->name.len);
	name[x->name.len] = '\0';
	return tmpfs_xattr_fits(name);
}

/* They stand in the order of the entries. */
static void check_xattrs(struct image *im, struct iobj *o, const struct crfs_tmpfs_entry *e, size_t n)
{
	const struct crfs_tmpfs_xattr *x;
	size_t nr, i, k = 0;

	x = image_recs(o, &res_inode_tmpfs, 2, &nr);
	for (i = 0; i < nr; i++) {
		while (k < n && !crfs_str_eq(&e[k].path, &x[i].path))
			k++;
		if (k == n || !xattr_proper(&x[i])) {
			image_mismatch(im, -EINVAL, o->path, "extended attribute %zu: its %s cannot be", i + 1,
				       k == n ? "path" : "name or value");
			return;
		}
	}
}

static const char *wrong(const struct crfs_tmpfs_entry *e, size_t i, const struct crfs_inode_tmpfs *t)
{
	bool reg = S_ISREG(e->mode), link = S_ISLNK(e->mode), dir = S_ISDIR(e->mode);

	if (i ? !proper(&e->path) : e->path.len != 1 || e->path.p[0] != '.')
		return "path";
	if (!i && !dir && !reg && !S_ISFIFO(e->mode))
		return "mode";
	if (!reg && !link && !dir && !S_ISCHR(e->mode) && !S_ISBLK(e->mode) && !S_ISFIFO(e->mode) &&
	    !S_ISSOCK(e->mode))
		return "mode";
	if ((link && !e->target.len) || (dir && e->target.len) || e->target.len >= PATH_MAX ||
	    (e->target.len && memchr(e->target.p, '\0', e->target.len)) ||
	    (!link && e->target.len && !proper(&e->target)))
		return "target";
	if (e->size && (!reg || e->at % PAGE || e->at > t->size || e->size > t->size - e->at))
		return "size";
	return NULL;
}

void tmpfs_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_tmpfs *t = image_rec(o, &res_inode_tmpfs, 0);
	const struct crfs_tmpfs_entry *e;
	struct iobj *ns = t ? image_obj(im, IOBJ_NS, t->mnt_ns) : NULL;
	const char *what;
	size_t n, i;

	e = image_recs(o, &res_inode_tmpfs, 1, &n);
	if (!t)
		return;
	shmem_check(im, o, t->size, 0);
	if (!ns || strcmp(ns->room->name, "mnt"))
		image_mismatch(im, -EINVAL, o->path, "ns/mnt-%u is not there", t->mnt_ns);
	if (!n || (n > 1 && !S_ISDIR(e->mode)))
		image_mismatch(im, -EINVAL, o->path, "it has no root, or one that is no directory");
	for (i = 0; i < n; i++) {
		what = wrong(&e[i], i, t);
		if (what)
			image_mismatch(im, -EINVAL, o->path, "entry %zu: its %s cannot be", i + 1, what);
	}
	check_xattrs(im, o, e, n);
	o->wanted = true;	/* by its mount */
}

static int beneath(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	int fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* O_PATH of the directory that @path is in; @name: its last component, NUL-terminated */
static int parent(int root, const struct crfs_str *path, char name[NAME_MAX + 1])
{
	char buf[PATH_MAX], *slash;

	memcpy(buf, path->p, path->len);
	buf[path->len] = '\0';
	slash = strrchr(buf, '/');
	strcpy(name, slash ? slash + 1 : buf);
	if (!slash)
		return fcntl(root, F_DUPFD_CLOEXEC, 0);
	*slash = '\0';
	return beneath(root, buf);
}

static int link_again(int root, const struct crfs_tmpfs_entry *e, int dir, const char *name)
{
	char old[NAME_MAX + 1];
	int from = parent(root, &e->target, old), rc;

	if (from < 0)
		return from;
	rc = linkat(from, old, dir, name, 0) < 0 ? -errno : 0;
	close(from);
	return rc;
}

static int copy_content(const struct iobj *o, const struct crfs_tmpfs_entry *e, int fd)
{
	uint64_t end = e->at + e->size, at, done, n;
	struct node *x;
	char *buf = malloc(1 << 20);
	ssize_t r;
	int rc = buf ? 0 : -ENOMEM;

	for (x = shmem_pages(o); x && !rc; x = x->next) {
		at = strtoull(x->name, NULL, 16);
		if (at < e->at || at >= end)
			continue;
		for (done = 0; done < (uint64_t)x->size && at + done < end && !rc; done += n) {
			n = end - at - done < 1 << 20 ? end - at - done : 1 << 20;
			n = x->size - done < n ? x->size - done : n;
			r = node_pread(x, buf, n, done);
			if (r != (ssize_t)n || pwrite(fd, buf, n, at - e->at + done) != (ssize_t)n)
				rc = r < 0 ? (int)r : -EIO;
		}
	}
	free(buf);
	return rc;
}

static int make_file(const struct iobj *o, const struct crfs_tmpfs_entry *e, int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	rc = ftruncate(fd, e->size) < 0 ? -errno : copy_content(o, e, fd);
	close(fd);
	return rc;
}

static int make_at(const struct iobj *o, const struct crfs_tmpfs_entry *e, int dir, const char *name)
{
	char target[PATH_MAX];
	int rc;

	memcpy(target, e->target.p ? e->target.p : "", e->target.len);
	target[e->target.len] = '\0';
	if (S_ISLNK(e->mode))
		rc = symlinkat(target, dir, name);
	else if (S_ISDIR(e->mode))
		rc = mkdirat(dir, name, 0700);
	else if (S_ISREG(e->mode))
		return make_file(o, e, dir, name);
	else
		rc = mknodat(dir, name, (e->mode & S_IFMT) | 0600, makedev(e->major, e->minor));
	return rc < 0 ? -errno : 0;
}

static int make_entry(const struct iobj *o, int root, const struct crfs_tmpfs_entry *e)
{
	char name[NAME_MAX + 1];
	int dir = parent(root, &e->path, name), rc;

	if (dir < 0)
		return dir;
	rc = !S_ISLNK(e->mode) && e->target.len ? link_again(root, e, dir, name) : make_at(o, e, dir, name);
	close(dir);
	return rc;
}

static int set_xattr(int dir, const char *name, const struct crfs_tmpfs_xattr *x)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	char proc[40], key[XATTR_NAME_MAX + 1];

	if (fd < 0)
		return -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	memcpy(key, x->name.p, x->name.len);
	key[x->name.len] = '\0';
	if (setxattr(proc, key, x->value.p, x->value.len, 0) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* When nothing more is made in it: its own attributes, of which the last @nr of @x may be some; these are taken off. */
static int set_attrs(int dir, const char *name, const struct crfs_tmpfs_entry *e,
		     const struct crfs_tmpfs_xattr *x, size_t *nr)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ e->mtime_ns / 1000000000, e->mtime_ns % 1000000000 } };
	int rc = 0;

	if (fchownat(dir, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(e->mode) && fchmodat(dir, name, e->mode & 07777, 0) < 0))
		return -errno;
	for (; !rc && *nr && crfs_str_eq(&x[*nr - 1].path, &e->path); --*nr)	/* chown(2) takes some away */
		rc = set_xattr(dir, name, &x[*nr - 1]);
	return rc ?: utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int set_entry(int root, const struct crfs_tmpfs_entry *e, const struct crfs_tmpfs_xattr *x, size_t *nr)
{
	char name[NAME_MAX + 1] = ".";
	bool top = e->path.len == 1 && e->path.p[0] == '.';
	int dir = top ? fcntl(root, F_DUPFD_CLOEXEC, 0) : parent(root, &e->path, name), rc;

	if (dir < 0)
		return dir;
	rc = set_attrs(dir, name, e, x, nr);
	close(dir);
	return rc;
}

static int fill(struct restore *rs, struct iobj *o, int root)
{
	const struct crfs_tmpfs_entry *e;
	const struct crfs_tmpfs_xattr *x;
	size_t n, nr, i;
	int rc = 0;

	e = image_recs(o, &res_inode_tmpfs, 1, &n);
	x = image_recs(o, &res_inode_tmpfs, 2, &nr);
	if (!S_ISDIR(e->mode))
		return fail_on(rs->err, -EINVAL, o->path, "its root is no directory");
	for (i = 1; i < n && !rc; i++) {
		rc = make_entry(o, root, &e[i]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "making %.*s", e[i].path.len, e[i].path.p);
	}
	for (i = n; i-- > 0 && !rc;) {
		rc = set_entry(root, &e[i], x, &nr);
		if (rc)
			fail_on(rs->err, rc, o->path, "owner, mode, time and attributes of %.*s", e[i].path.len,
				e[i].path.p);
	}
	return rc;
}

struct iobj *tmpfs_in(const struct image *im, uint32_t mnt_ns, const struct crfs_str *mountpoint)
{
	size_t i;

	for (i = 0; i < im->nr[IOBJ_INODE]; i++) {
		struct iobj *o = &im->objs[IOBJ_INODE][i];
		const struct crfs_inode_tmpfs *t =
			o->room == &res_inode_tmpfs ? image_rec(o, &res_inode_tmpfs, 0) : NULL;

		if (t && t->mnt_ns == mnt_ns && crfs_str_eq(&t->mountpoint, mountpoint))
			return o;
	}
	return NULL;
}

int tmpfs_make_root(struct restore *rs, struct iobj *o, int dir, const char *name)
{
	const struct crfs_tmpfs_entry *e;
	const struct crfs_tmpfs_xattr *x;
	size_t n, nr;
	int rc;

	e = image_recs(o, &res_inode_tmpfs, 1, &n);
	x = image_recs(o, &res_inode_tmpfs, 2, &nr);
	rc = make_at(o, e, dir, name);
	rc = rc ?: set_attrs(dir, name, e, x, &nr);
	return rc ? fail_on(rs->err, rc, o->path, "making %s anew, which was deleted", name) : 0;
}

int tmpfs_fill(struct restore *rs, int root, uint32_t mnt_ns, const struct crfs_str *mountpoint)
{
	struct iobj *o = tmpfs_in(rs->im, mnt_ns, mountpoint);

	return o ? fill(rs, o, root) : 0;
}
