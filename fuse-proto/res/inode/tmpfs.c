// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in a tmpfs that the container has mounted for itself: it would die with its mount namespace.
 *
 * From a walk of it, by way of /proc/<tid>/root: names in order, so that the same content is the same
 * text. Contents stand behind each other in pages/, each on pages of its own, holes kept. Lost: inode
 * numbers, access times, attributes of what is mounted over, labels of security modules. A ramfs is
 * read in the same way. Put back: tmpfs_put.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/res/inode/tmpfs.h>

#include "attributes.h"
#include "fdroom.h"
#include "shmem.h"
#include "tmpfs.h"
#include "view.h"

#define PAGE 4096ULL
#define ENTRIES_MAX 100000	/* and so deep that paths fit */

/** struct seen - a file with several names, and its first */
struct seen {
	ino_t ino;
	struct crfs_str path;
	struct seen *next;
};

/**
 * struct walk - of one tmpfs; @at: the end of the contents so far
 * @v, @nr: what was found, malloc'ed; @x, @nr_x: and its extended attributes
 */
struct walk {
	struct snap *s;
	struct inode *n;
	struct crfs_tmpfs_entry *v;
	size_t nr;
	struct crfs_tmpfs_xattr *x;
	size_t nr_x;
	struct seen *seen;
	struct node *pages;
	uint64_t at;
	const char *obj;
};

/** struct source - of the extents of one file: it is opened anew for each read */
struct source {
	struct snap *s;
	struct inode *n;
	const char *path;
	uint64_t at;
};

struct inode *tmpfs_inode(struct snap *s, int root, uint32_t mnt_ns, const struct crfs_str *mountpoint)
{
	struct crfs_inode_tmpfs *t = pool_alloc(&s->pool, sizeof(*t));
	struct inode *n;
	struct stat st;

	if (!t || fstat(root, &st) < 0) {
		close(root);
		return NULL;
	}
	*t = (struct crfs_inode_tmpfs){ .mnt_ns = mnt_ns, .mountpoint = *mountpoint };
	n = snap_inode(s, &res_inode_tmpfs, st.st_dev, st.st_ino, root);
	if (n && !n->priv)
		n->priv = t;
	return n;
}

bool tmpfs_carried(const struct snap *s, dev_t dev)
{
	size_t i;

	/* They are met with the namespaces, before any other inode. */
	for (i = 0; i < s->nr_inodes && s->inodes[i]->room == &res_inode_tmpfs; i++)
		if (s->inodes[i]->dev == dev)
			return true;
	return false;
}

/* The root of one that shows a deleted file (ns/mnt) is that. */
static int open_file(const struct inode *n, const char *path)
{
	char proc[40];

	if (strcmp(path, "."))
		return openat(n->dup, path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_NONBLOCK | O_CLOEXEC);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", n->dup);
	return open(proc, O_RDONLY | O_NOATIME | O_NONBLOCK | O_CLOEXEC);
}

static ssize_t extent_pread(struct node *e, void *buf, size_t size, off_t off)
{
	const struct source *src = e->priv;
	int fd = open_file(src->n, src->path);
	size_t done = 0;
	ssize_t r = 1;

	if (fd < 0)
		return -errno;
	if (off < 0 || off >= e->size)
		size = 0;
	else if (size > (size_t)(e->size - off))
		size = e->size - off;
	while (done < size && r > 0) {
		r = pread(fd, (char *)buf + done, size - done, e->arg - src->at + off + done);
		done += r > 0 ? r : 0;
	}
	close(fd);
	/* The last page of the file may lie half behind its end. */
	memset((char *)buf + done, 0, size - done);
	return r < 0 ? -EIO : view_expired(src->s->view) ? -ESTALE : (ssize_t)size;
}

static const struct payload_ops ops = { .pread = extent_pread };

static int make_extent(struct walk *w, struct source *src, uint64_t from, uint64_t to)
{
	char name[24];

	if (!w->pages)
		w->pages = tree_dir(w->s->tree, w->n->dir, "pages");
	snprintf(name, sizeof(name), "%llx", (unsigned long long)from);
	return w->pages && tree_payload(w->s->tree, w->pages, name, to - from, &ops, src, from) ? 0 : -ENOMEM;
}

/* An extent is of one file. */
static int read_content(struct walk *w, int fd, const char *path, uint64_t size)
{
	struct source *src = pool_alloc(&w->s->pool, sizeof(*src));
	off_t data, hole = 0;
	struct crfs_extents x;
	__u64 from, to;
	int rc = src ? 0 : -ENOMEM;

	crfs_extents_init(&x, PAGE, true);
	if (src)
		*src = (struct source){ w->s, w->n, path, w->at };
	while (!rc && (uint64_t)hole < size) {
		data = lseek(fd, hole, SEEK_DATA);
		if (data < 0)
			break;	/* ENXIO: nothing from here on */
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		rc = crfs_extents_feed(&x, w->at + (data & ~(PAGE - 1)),
				       w->at + ((hole + PAGE - 1) & ~(PAGE - 1)));
		while (!rc && crfs_extents_next(&x, &from, &to))
			rc = make_extent(w, src, from, to);
	}
	if (!rc && crfs_extents_last(&x, &from, &to))
		rc = make_extent(w, src, from, to);
	return rc;
}

static bool linked_before(struct walk *w, const struct stat *st, struct crfs_tmpfs_entry *e)
{
	struct seen *x;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return false;
	for (x = w->seen; x && x->ino != st->st_ino; x = x->next)
		;
	if (x) {
		e->target = x->path;
		return true;
	}
	x = pool_alloc(&w->s->pool, sizeof(*x));
	if (x) {
		*x = (struct seen){ st->st_ino, e->path, w->seen };
		w->seen = x;
	}
	return false;
}

/* Room for one more, where there is some for each power of two */
static void *room(void *v, size_t nr, size_t size)
{
	return nr & (nr - 1) ? v : realloc(v, (nr ? 2 * nr : 1) * size);
}

static int read_xattr(struct walk *w, const char *proc, const struct crfs_str *path, const char *name)
{
	struct crfs_tmpfs_xattr *more = room(w->x, w->nr_x, sizeof(*more));
	ssize_t len = getxattr(proc, name, NULL, 0);
	char *value = len < 0 ? NULL : pool_alloc(&w->s->pool, len + 1);

	if (more)
		w->x = more;
	if (len < 0)
		return -errno;
	if (!more || !value)
		return -ENOMEM;
	len = getxattr(proc, name, value, len);
	if (len < 0)
		return -errno;
	more[w->nr_x++] = (struct crfs_tmpfs_xattr){ *path, { pool_strdup(&w->s->pool, name), strlen(name) },
						     { value, len } };
	return 0;
}

/* The name that comes after @last, NULL: none. The kernel tells them in the order in which they were set. */
static const char *next_name(const char *names, ssize_t len, const char *last)
{
	const char *best = NULL, *p;

	for (p = names; p < names + len; p += strlen(p) + 1)
		if (tmpfs_xattr_fits(p) && strcmp(p, last) > 0 && (!best || strcmp(p, best) < 0))
			best = p;
	return best;
}

static int read_xattrs(struct walk *w, int fd, const struct crfs_str *path)
{
	char names[4096], proc[40];
	const char *name = "";
	ssize_t len;
	int rc = 0;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	len = listxattr(proc, names, sizeof(names));
	if (len < 0 && errno == ERANGE)
		snap_lost(w->s, w->obj, "extended attributes of %.*s in a tmpfs", path->len, path->p);
	if (len < 0)
		return errno == EOPNOTSUPP || errno == ERANGE ? 0 : -errno;
	while (!rc && (name = next_name(names, len, name)))
		rc = read_xattr(w, proc, path, name);
	return rc;
}

static void name_flags(struct walk *w, int fd, const char *path)
{
	char what[PATH_MAX + 16];

	snprintf(what, sizeof(what), "%s in a tmpfs", path);
	lost_flags(w->s, w->obj, fd, what);
}

static int read_link(struct walk *w, int fd, struct crfs_str *target)
{
	char buf[PATH_MAX];
	ssize_t n = readlinkat(fd, "", buf, sizeof(buf));
	char *p = n < 0 ? NULL : pool_strndup(&w->s->pool, buf, n);

	*target = (struct crfs_str){ p, n < 0 ? 0 : n };
	return p ? 0 : n < 0 ? -errno : -ENOMEM;
}

static int add(struct walk *w, const struct crfs_tmpfs_entry *e)
{
	struct crfs_tmpfs_entry *more = room(w->v, w->nr, sizeof(*more));

	if (!more)
		return -ENOMEM;
	w->v = more;
	w->v[w->nr++] = *e;
	return 0;
}

static int read_dir(struct walk *w, int fd, const char *path);

/* @fd: O_PATH of it; @path: its own, in the pool */
static int read_entry(struct walk *w, int fd, const char *path)
{
	struct crfs_tmpfs_entry e = { .path = { path, strlen(path) } };
	struct stat st, root;
	int own, rc = 0;

	if (fstat(fd, &st) < 0 || fstat(w->n->dup, &root) < 0)
		return -errno;
	e.mode = st.st_mode;
	e.uid = st.st_uid;
	e.gid = st.st_gid;
	e.mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	if (st.st_dev != root.st_dev) {		/* what is mounted there hides the place */
		e.mtime_ns = 0;
		e.mode = S_ISDIR(st.st_mode) ? S_IFDIR | 0755 : S_IFREG | 0644;
		e.uid = e.gid = 0;
		return add(w, &e);
	}
	if (S_ISLNK(st.st_mode))
		rc = read_link(w, fd, &e.target);
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		e.major = major(st.st_rdev), e.minor = minor(st.st_rdev);
	if (!rc && !S_ISLNK(st.st_mode) && !linked_before(w, &st, &e) && S_ISREG(st.st_mode)) {
		e.size = st.st_size;
		e.at = w->at;
		own = open_file(w->n, path);
		rc = own < 0 ? -errno : read_content(w, own, path, e.size);
		if (own >= 0)
			close(own);
		w->at += (e.size + PAGE - 1) & ~(PAGE - 1);
	}
	if (!rc && (S_ISLNK(st.st_mode) || !e.target.len))
		rc = read_xattrs(w, fd, &e.path);
	if (!rc && !S_ISLNK(st.st_mode) && !e.target.len)
		name_flags(w, fd, path);
	if (!rc)
		rc = add(w, &e);
	return !rc && S_ISDIR(st.st_mode) ? read_dir(w, fd, path) : rc;
}

static int no_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_dir(struct walk *w, int fd, const char *path)
{
	struct dirent **names = NULL;
	int n = scandirat(fd, ".", &names, no_dots, by_bytes), i, rc = n < 0 ? -errno : 0, sub;
	const char *p;

	for (i = 0; i < n; i++) {
		if (!rc && w->nr >= ENTRIES_MAX)
			rc = -E2BIG;
		p = rc ? NULL : !strcmp(path, ".") ? pool_strdup(&w->s->pool, names[i]->d_name) :
		    pool_printf(&w->s->pool, "%s/%s", path, names[i]->d_name);
		sub = p ? openat(fd, names[i]->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (!rc)
			rc = !p ? -ENOMEM : strlen(p) >= PATH_MAX ? -ENAMETOOLONG : sub < 0 ? -errno :
			     read_entry(w, sub, p);
		if (sub >= 0)
			close(sub);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int tmpfs_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct crfs_inode_tmpfs *t = n->priv;
	struct walk w = { .s = s, .n = n, .obj = snap_obj(s, "inodes", n->id) };
	int rc = read_entry(&w, n->dup, ".");
	size_t i;

	if (rc == -E2BIG)
		snap_unsupported(s, rc, w.obj, "more than %d files in the tmpfs %.*s: remove some", ENTRIES_MAX,
				 t->mountpoint.len, t->mountpoint.p);
	else if (rc && !s->live)
		rc = fail_on(s->err, rc, w.obj, "reading the tmpfs %.*s", t->mountpoint.len, t->mountpoint.p);
	t->size = w.at;
	text_section(out, &crfs_inode_tmpfs_shape);
	text_rec(out, &crfs_inode_tmpfs_shape, t);
	text_section(out, &crfs_tmpfs_entry_shape);
	for (i = 0; i < w.nr; i++)
		text_rec(out, &crfs_tmpfs_entry_shape, &w.v[i]);
	text_section(out, &crfs_tmpfs_xattr_shape);
	for (i = 0; i < w.nr_x; i++)
		text_rec(out, &crfs_tmpfs_xattr_shape, &w.x[i]);
	free(w.v);
	free(w.x);
	return rc == -E2BIG || s->live ? 0 : rc;
}

const struct resource res_inode_tmpfs = {
	.name = "tmpfs",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_tmpfs_shape, &crfs_tmpfs_entry_shape,
						   &crfs_tmpfs_xattr_shape, NULL },
	.payloads = (const char *const[]){ "pages/", NULL },
	.read = tmpfs_read,
	.check = tmpfs_check,
};
