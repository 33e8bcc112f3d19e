// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in a tmpfs that the container has mounted for itself: it would die with its mount namespace.
 *
 * From a walk of it, by way of /proc/<tid>/root: names in order, so that the same content is the same
 * text. Contents stand behind each other in pages/, each on pages of its own, holes kept. Put back as
 * soon as it is mounted (ns/mnt), before anything is mounted in it. Lost: inode numbers, access times,
 * extended attributes (named; except those of security modules), attributes of what is mounted over.
 */
#include <dirent.h>
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

#include <crfs/extent.h>
#include <crfs/res/inode/tmpfs.h>

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

/** struct walk - of one tmpfs; @v, @nr: what was found, malloc'ed; @at: the end of the contents so far */
struct walk {
	struct snap *s;
	struct inode *n;
	struct crfs_tmpfs_entry *v;
	size_t nr;
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

static ssize_t extent_pread(struct node *e, void *buf, size_t size, off_t off)
{
	const struct source *src = e->priv;
	int fd = openat(src->n->dup, src->path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_NONBLOCK | O_CLOEXEC);
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

static void name_xattrs(struct walk *w, int fd, const char *path)
{
	char names[1024], proc[40];
	ssize_t len, i;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	len = listxattr(proc, names, sizeof(names));
	for (i = 0; i < len; i += strlen(names + i) + 1)
		if (strncmp(names + i, "security.", 9))
			snap_lost(w->s, w->obj, "extended attribute %s of %s in a tmpfs", names + i, path);
	if (len < 0 && errno == ERANGE)
		snap_lost(w->s, w->obj, "extended attributes of %s in a tmpfs", path);
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
	if (!(w->nr & (w->nr - 1))) {	/* room for a power of two is used up */
		struct crfs_tmpfs_entry *more = realloc(w->v, (w->nr ? 2 * w->nr : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->v = more;
	}
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
	name_xattrs(w, fd, path);
	if (S_ISLNK(st.st_mode))
		rc = read_link(w, fd, &e.target);
	else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		e.major = major(st.st_rdev), e.minor = minor(st.st_rdev);
	if (!rc && !S_ISLNK(st.st_mode) && !linked_before(w, &st, &e) && S_ISREG(st.st_mode)) {
		e.size = st.st_size;
		e.at = w->at;
		own = openat(w->n->dup, path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_NONBLOCK | O_CLOEXEC);
		rc = own < 0 ? -errno : read_content(w, own, path, e.size);
		if (own >= 0)
			close(own);
		w->at += (e.size + PAGE - 1) & ~(PAGE - 1);
	}
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
	free(w.v);
	return rc == -E2BIG || s->live ? 0 : rc;
}

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

static const char *wrong(const struct crfs_tmpfs_entry *e, size_t i, const struct crfs_inode_tmpfs *t)
{
	bool reg = S_ISREG(e->mode), link = S_ISLNK(e->mode), dir = S_ISDIR(e->mode);

	if (i ? !proper(&e->path) : e->path.len != 1 || e->path.p[0] != '.' || !dir)
		return "path";
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

static void tmpfs_check(struct image *im, struct iobj *o)
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
	if (!n)
		image_mismatch(im, -EINVAL, o->path, "it has no root");
	for (i = 0; i < n; i++) {
		what = wrong(&e[i], i, t);
		if (what)
			image_mismatch(im, -EINVAL, o->path, "entry %zu: its %s cannot be", i + 1, what);
	}
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

static int make_entry(const struct iobj *o, int root, const struct crfs_tmpfs_entry *e)
{
	char name[NAME_MAX + 1], target[PATH_MAX];
	int dir = parent(root, &e->path, name), rc;

	if (dir < 0)
		return dir;
	memcpy(target, e->target.p ? e->target.p : "", e->target.len);
	target[e->target.len] = '\0';
	if (S_ISLNK(e->mode))
		rc = symlinkat(target, dir, name) < 0 ? -errno : 0;
	else if (e->target.len)
		rc = link_again(root, e, dir, name);
	else if (S_ISDIR(e->mode))
		rc = mkdirat(dir, name, 0700) < 0 ? -errno : 0;
	else if (S_ISREG(e->mode))
		rc = make_file(o, e, dir, name);
	else
		rc = mknodat(dir, name, (e->mode & S_IFMT) | 0600, makedev(e->major, e->minor)) < 0 ? -errno : 0;
	close(dir);
	return rc;
}

/* When nothing more is made in it. */
static int set_attrs(int root, const struct crfs_tmpfs_entry *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ e->mtime_ns / 1000000000, e->mtime_ns % 1000000000 } };
	char name[NAME_MAX + 1] = ".";
	bool top = e->path.len == 1 && e->path.p[0] == '.';
	int dir = top ? fcntl(root, F_DUPFD_CLOEXEC, 0) : parent(root, &e->path, name), rc = 0;

	if (dir < 0)
		return dir;
	if (fchownat(dir, name, e->uid, e->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(e->mode) && fchmodat(dir, name, e->mode & 07777, 0) < 0) ||
	    utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	close(dir);
	return rc;
}

static int fill(struct restore *rs, struct iobj *o, int root)
{
	const struct crfs_tmpfs_entry *e;
	size_t n, i;
	int rc = 0;

	e = image_recs(o, &res_inode_tmpfs, 1, &n);
	for (i = 1; i < n && !rc; i++) {
		rc = make_entry(o, root, &e[i]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "making %.*s", e[i].path.len, e[i].path.p);
	}
	for (i = n; i-- > 0 && !rc;) {
		rc = set_attrs(root, &e[i]);
		if (rc)
			fail_on(rs->err, rc, o->path, "owner, mode and time of %.*s", e[i].path.len, e[i].path.p);
	}
	return rc;
}

int tmpfs_fill(struct restore *rs, int root, uint32_t mnt_ns, const struct crfs_str *mountpoint)
{
	struct image *im = rs->im;
	int rc = 0;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_INODE] && !rc; i++) {
		struct iobj *o = &im->objs[IOBJ_INODE][i];
		const struct crfs_inode_tmpfs *t =
			o->room == &res_inode_tmpfs ? image_rec(o, &res_inode_tmpfs, 0) : NULL;

		if (t && t->mnt_ns == mnt_ns && t->mountpoint.len == mountpoint->len &&
		    !memcmp(t->mountpoint.p, mountpoint->p, mountpoint->len))
			rc = fill(rs, o, root);
	}
	return rc;
}

const struct resource res_inode_tmpfs = {
	.name = "tmpfs",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_tmpfs_shape, &crfs_tmpfs_entry_shape, NULL },
	.payloads = (const char *const[]){ "pages/", NULL },
	.read = tmpfs_read,
	.check = tmpfs_check,
};
