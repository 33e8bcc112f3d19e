// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fanotify(7): how the instance was made, and its marks on inodes, mounts and filesystems.
 *
 * From fdinfo (Linux 3.8; the kinds of marks and their flags grew since). Marks are put back by path,
 * those on a mount or filesystem by where it is mounted; last of all, as the restore itself opens what may be
 * marked. Events that were not read are lost, as in a full queue, but nothing tells the program: they name the very
 * object (by a descriptor, or its handle) and process, and so cannot be made to happen elsewhere. Marks that make others wait for an answer are refused:
 * whoever opened a file while the program is being made would wait for it, crfs too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <crfs/res/fd/fanotify.h>

#include "fdmount.h"
#include "fdroom.h"
#include "proc.h"
#include "res/ns/mounts.h"
#include "rooms.h"

#define HANDLE_MAX 128
#define IGNORE 0x400			/* FAN_MARK_IGNORE, Linux 6.0 */
#define MARKS 1				/* its section */
#define PERMISSION (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM | 0x100000 /* FAN_PRE_ACCESS */)

struct mark {
	struct crfs_fanotify_mark rec;
	dev_t dev;
	int mnt_id;
	union {
		struct file_handle h;
		unsigned char bytes[sizeof(struct file_handle) + HANDLE_MAX];
	} handle;
};

static bool fanotify_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[fanotify]");
}

/* The kernel prints the device as it keeps it: 20 bits of minor. */
static dev_t device(unsigned int sdev)
{
	return makedev(sdev >> 20, sdev & 0xfffff);
}

static void parse_handle(const char *p, struct mark *m)
{
	unsigned int bytes, type, i, v;
	int n = 0;

	if (sscanf(p, " fhandle-bytes:%x fhandle-type:%x f_handle:%n", &bytes, &type, &n) < 2 || !n ||
	    bytes > HANDLE_MAX)
		return;
	for (i = 0; i < bytes; i++) {
		if (sscanf(p + n + 2 * i, "%2x", &v) != 1)
			return;
		m->handle.bytes[offsetof(struct file_handle, f_handle) + i] = v;
	}
	m->handle.h.handle_bytes = bytes;
	m->handle.h.handle_type = type;
}

/* fanotify_fdinfo() in fs/notify/fdinfo.c */
static bool parse(const char *p, struct mark *m)
{
	unsigned int sdev = 0;
	unsigned long long mask, ignored;
	int n = 0;

	if (sscanf(p, "ino:%*x sdev:%x%n", &sdev, &n) == 1 && n)
		m->rec.kind = FAN_MARK_INODE;
	else if (sscanf(p, "mnt_id:%x%n", (unsigned int *)&m->mnt_id, &n) == 1 && n)
		m->rec.kind = FAN_MARK_MOUNT;
	else if (sscanf(p, "sdev:%x%n", &sdev, &n) == 1 && n)
		m->rec.kind = FAN_MARK_FILESYSTEM;
	else
		return false;
	m->dev = device(sdev);
	p += n;
	n = 0;
	if (sscanf(p, " mflags:%x mask:%llx ignored_mask:%llx%n", &m->rec.flags, &mask, &ignored, &n) != 3)
		return false;
	m->rec.mask = mask;
	m->rec.ignored = ignored;
	parse_handle(p + n, m);
	return true;
}

/* By the way to mount @on. Return: 1: it cannot be seen from where the task is, as another covers it */
static int by_mount(struct snap *s, struct file *f, const struct crfs_mnt *on, struct place *p)
{
	char *point = pool_printf(&s->pool, "%.*s", (int)on->c.mountpoint.len, on->c.mountpoint.p);
	struct file at = *f;
	int root = snap_root(s, f->task), rc = 1;
	struct statx x;

	if (root >= 0 && point && fstatat(root, point[1] ? point + 1 : ".", &at.st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    statx(root, point[1] ? point + 1 : ".", AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &x) == 0 && x.stx_mnt_id == on->id) {
		at.dup = -1;
		at.link = point;
		rc = file_place(s, &at, p);
	}
	if (root >= 0)
		close(root);
	return point ? rc : -ENOMEM;
}

/* Where the mount is that @m is on, or the first of its filesystem, in the tree's order. */
static int find_mount(struct snap *s, struct file *f, struct mark *m)
{
	char pid[16], dev[32];
	struct crfs_mnts all = { .nr = 0 };
	struct place p;
	size_t i;
	int rc;

	snprintf(pid, sizeof(pid), "%d", f->task->tid);
	snprintf(dev, sizeof(dev), "%u:%u", major(m->dev), minor(m->dev));
	rc = mounts_read(s->proc, pid, &s->pool, &all);
	for (i = 0, rc = rc ?: 1; i < all.nr && rc == 1; i++)
		if (m->rec.kind == FAN_MARK_MOUNT ? (int)all.v[i].id == m->mnt_id : !strcmp(all.v[i].dev, dev))
			rc = by_mount(s, f, &all.v[i], &p);
	if (!rc) {
		m->rec.path = p.path;
		m->rec.mnt_ns = p.mnt_ns;
	}
	return rc;
}

static int find_path(struct snap *s, struct file *f, struct mark *m)
{
	struct place p;
	int rc;

	if (m->rec.kind != FAN_MARK_INODE)
		return find_mount(s, f, m);
	rc = handle_place(s, f, m->dev, &m->handle.h, &p);
	if (!rc) {
		m->rec.path = p.path;
		m->rec.mnt_ns = p.mnt_ns;
	}
	return rc;
}

static int read_mark(struct snap *s, struct file *f, const char *line, struct mark *m)
{
	int rc;

	memset(m, 0, sizeof(*m));
	if (!parse(line, m)) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "a fanotify mark that this crfs does not "
				 "know (%.*s): let the program remove it", (int)strcspn(line, ": \n"), line);
		return 0;
	}
	if (m->rec.mask & PERMISSION)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "a fanotify mark whose events wait for an "
				 "answer, which cannot be carried: let the program remove it");
	rc = find_path(s, f, m);
	if (rc > 0)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "a fanotify mark (%.*s) on what there is no "
				 "path for: let the program remove it", (int)strcspn(line, " \n"), line);
	return rc < 0 ? rc : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct crfs_fanotify_mark *x = a, *y = b;
	int c = crfs_str_cmp(&x->path, &y->path);

	return c ?: x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int read_marks(struct snap *s, struct file *f, struct text *out)
{
	struct crfs_fanotify_mark *recs;
	const char *p;
	struct mark m;
	size_t n = 0, i;
	int rc = 0;

	for (p = f->info; (p = strstr(p, "\nfanotify ")); p++)
		n++;
	recs = calloc(n + 1, sizeof(*recs));
	if (!recs)
		return -ENOMEM;
	n = 0;
	for (p = f->info; (p = strstr(p, "\nfanotify ")) && !rc; ) {
		p += strlen("\nfanotify ");
		if (!strncmp(p, "flags:", 6))
			continue;
		rc = read_mark(s, f, p, &m);
		recs[n++] = m.rec;
	}
	qsort(recs, n, sizeof(*recs), by_path);
	text_section(out, &crfs_fanotify_mark_shape);
	for (i = 0; i < n && !rc; i++)
		text_rec(out, &crfs_fanotify_mark_shape, &recs[i]);
	free(recs);
	return rc;
}

static void name_events(struct snap *s, const struct file *f)
{
	int bytes = 0;

	ioctl(f->dup, FIONREAD, &bytes);
	if (bytes)
		snap_lost(s, file_obj(s, f), "%d bytes of fanotify events not yet read", bytes);
}

static int fanotify_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_fanotify r = { .init_flags = 0 };
	struct file *f = obj;
	const char *p = strstr(f->info, "\nfanotify flags:");

	if (!p || sscanf(p, "\nfanotify flags:%x event-flags:%x", &r.init_flags, &r.event_flags) != 2)
		return fail_on(s->err, -EIO, file_obj(s, f), "fdinfo has no flags of fanotify");
	if (!s->live)
		name_events(s, f);
	text_section(out, &crfs_fd_fanotify_shape);
	text_rec(out, &crfs_fd_fanotify_shape, &r);
	return read_marks(s, f, out);
}

static void fanotify_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_fanotify_mark *m = image_recs(o, &res_fd_fanotify, MARKS, &n);

	for (i = 0; i < n; i++) {
		int fd = place_check(im, m[i].mnt_ns, &m[i].path);

		if (fd >= 0)
			close(fd);
		else if (fd != -ENODATA)
			image_mismatch(im, fd, o->path, "fanotify mark: %.*s: bring it back",
				       m[i].path.len, m[i].path.p);
		if (m[i].kind != FAN_MARK_INODE && m[i].kind != FAN_MARK_MOUNT &&
		    m[i].kind != FAN_MARK_FILESYSTEM)
			image_mismatch(im, -EINVAL, o->path, "fanotify mark of kind %u", m[i].kind);
		if (m[i].mask & PERMISSION)
			image_mismatch(im, -EINVAL, o->path, "fanotify mark: mask 0x%llx: its events would "
				       "wait for an answer", (unsigned long long)m[i].mask);
	}
}

static int put_mark(struct restore *rs, int fd, const struct crfs_fanotify_mark *m)
{
	unsigned int flags = FAN_MARK_ADD | m->kind, evictable = m->flags & ~(IGNORE | FAN_MARK_IGNORED_SURV_MODIFY);
	unsigned int ignore = m->flags & IGNORE ? IGNORE : FAN_MARK_IGNORED_MASK;
	int at = place_open(rs, m->mnt_ns, &m->path, O_PATH | O_NOFOLLOW), rc = 0;
	char path[32];

	if (at < 0)
		return at;
	/* fanotify_mark(2) takes no empty path, and /proc may be another's by now: see rs->proc */
	snprintf(path, sizeof(path), "self/fd/%d", at);
	if (m->mask && fanotify_mark(fd, flags | evictable, m->mask, rs->proc, path) < 0)
		rc = -errno;
	if (!rc && m->ignored &&
	    fanotify_mark(fd, flags | evictable | ignore | (m->flags & FAN_MARK_IGNORED_SURV_MODIFY),
			  m->ignored, rs->proc, path) < 0)
		rc = -errno;
	close(at);
	return rc;
}

static int fanotify_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_fanotify *r = image_rec(o, &res_fd_fanotify, 0);

	o->fd = fanotify_init(r->init_flags, r->event_flags);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "fanotify_init with flags 0x%x", r->init_flags);
	return file_made(rs, o, o->fd);
}

static int fanotify_finish(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_fanotify_mark *m = image_recs(o, &res_fd_fanotify, MARKS, &n);
	int rc;

	for (i = 0; i < n; i++) {
		rc = put_mark(rs, o->fd, &m[i]);
		if (rc)
			return fail_on(rs->err, rc, o->path, "fanotify mark on %.*s", m[i].path.len,
				       m[i].path.p);
	}
	return 0;
}

const struct resource res_fd_fanotify = {
	.name = "fanotify",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_fanotify_shape, &crfs_fanotify_mark_shape,
						      NULL },
	.match = fanotify_match,
	.read = fanotify_read,
	.check = fanotify_check,
	.make = fanotify_make,
	.finish = fanotify_finish,
};
