// SPDX-License-Identifier: GPL-2.0-only
/*
 * fanotify(7): how the instance was made, and its marks on inodes, mounts and filesystems.
 *
 * As fuse-proto/res/fd/fanotify.c, from fdinfo; but inodes are found through the marks of the group, not by their
 * handles. Events that were not read are lost: each names the very file by a descriptor or handle, and the process.
 */
#include <linux/fanotify.h>
#include <linux/kdev_t.h>
#include <linux/sort.h>
#include <linux/stat.h>
#include <asm/ioctls.h>

#include <crfs/res/fd/fanotify.h>
#include <crfs/str.h>

#include "internal.h"
#include "res/ns/mounts.h"
#include "watched.h"

#define PERMISSION (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM | 0x100000 /* FAN_PRE_ACCESS */)

struct mark {
	struct crfs_fanotify_mark rec;
	unsigned int sdev, mnt_id;
	unsigned long ino;
};

static bool fanotify_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[fanotify]");
}

/* Behind "fanotify " of the line behind @p; of the first, if that is NULL */
static const char *line_of(const struct text *info, const char *p)
{
	static const char key[] = "fanotify ";

	p = p ? strchr(p, '\n') : info->w.buf;
	if (p && *p == '\n')
		p++;
	return p && !strncmp(p, key, strlen(key)) ? p + strlen(key) : NULL;
}

/* fanotify_fdinfo() in fs/notify/fdinfo.c */
static bool parse(const char *p, struct mark *m)
{
	unsigned int mask, ignored;
	int n = 0;

	if (sscanf(p, "ino:%lx sdev:%x%n", &m->ino, &m->sdev, &n) >= 2)
		m->rec.kind = FAN_MARK_INODE;
	else if (sscanf(p, "mnt_id:%x%n", &m->mnt_id, &n) >= 1)
		m->rec.kind = FAN_MARK_MOUNT;
	else if (sscanf(p, "sdev:%x%n", &m->sdev, &n) >= 1)
		m->rec.kind = FAN_MARK_FILESYSTEM;
	else
		return false;
	if (sscanf(p + n, " mflags:%x mask:%x ignored_mask:%x", &m->rec.flags, &mask, &ignored) != 3)
		return false;
	m->rec.mask = mask;
	m->rec.ignored = ignored;
	return true;
}

/* By the way to mount @on. Return: 1: it cannot be seen from where the task is, as another covers it */
static int by_mount(struct snap *s, struct cfile *f, const struct crfs_mnts *all, const struct crfs_mnt *on,
		    struct place *p)
{
	char *point = snap_printf(s, "%.*s", (int)on->c.mountpoint.len, on->c.mountpoint.p);
	struct kstat st;
	struct path at;
	int rc;

	if (!point)
		return -ENOMEM;
	if (crfs_mnt_covered(all, on) || place_lookup(s, f->task->ns[NS_MNT], point, 0, &at))
		return 1;
	rc = vfs_getattr(&at, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC) ? 1 :
	     path_place(s, file_obj(s, f), f->task, point, &at, &st, p);
	path_put(&at);
	return rc;
}

/* Where the mount is that @m is on, or the first of its filesystem, in the tree's order. */
static int find_mount(struct snap *s, struct cfile *f, struct mark *m, struct place *p)
{
	char *dev = snap_printf(s, "%u:%u", MAJOR(m->sdev), MINOR(m->sdev));
	struct crfs_mnts all = {};
	int rc = dev ? mounts_read(s, f->task, NULL, &all) : -ENOMEM;
	size_t i;

	for (i = 0, rc = rc ?: 1; i < all.nr && rc == 1; i++)
		if (m->rec.kind == FAN_MARK_MOUNT ? all.v[i].id == m->mnt_id : !strcmp(all.v[i].dev, dev))
			rc = by_mount(s, f, &all, &all.v[i], p);
	return rc;
}

static int find_inode(struct snap *s, struct cfile *f, struct mark *m, struct inode *inode, struct place *p)
{
	char *path;

	if (!inode || inode->i_ino != m->ino || inode->i_sb->s_dev != m->sdev)
		return -EIO;
	path = watched_path(s, f->task, inode);
	*p = (struct place){ .path = str_of(path), .mnt_ns = path ? f->task->ns[NS_MNT] : 0 };
	return !path;
}

/* @inodes: what follows is that of this mark, if it is on one */
static int read_mark(struct snap *s, struct cfile *f, const char *line, struct inode ***inodes, struct mark *m)
{
	struct place p = {};
	int rc;

	if (!parse(line, m)) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a fanotify mark that this crfs does not know (%.*s): let the program remove it",
				 (int)strcspn(line, "\n: "), line);
		return 0;
	}
	if (m->rec.mask & PERMISSION)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a fanotify mark whose events wait for an answer, which cannot be carried: let the program remove it");
	rc = m->rec.kind == FAN_MARK_INODE ? find_inode(s, f, m, *(*inodes)++, &p) : find_mount(s, f, m, &p);
	if (rc > 0)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a fanotify mark (%.*s) on what there is no path for: let the program remove it",
				 (int)strcspn(line, "\n "), line);
	if (!rc) {
		m->rec.path = p.path;
		m->rec.mnt_ns = p.mnt_ns;
	}
	return rc < 0 ? rc : 0;
}

static int by_path(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int c = crfs_str_cmp(&x->rec.path, &y->rec.path);

	return c ?: x->rec.kind < y->rec.kind ? -1 : x->rec.kind > y->rec.kind;
}

static int read_marks(struct snap *s, struct cfile *f, const struct text *info, struct text *out)
{
	struct inode **inodes, **next;
	struct mark *m;
	const char *p;
	size_t n = 0, nr = 0, i;
	int rc = 0;

	for (p = line_of(info, NULL); p; p = line_of(info, p))
		n++;
	m = snap_alloc(s, (n + 1) * sizeof(*m));
	inodes = m ? watched_inodes(s, f->file, n) : NULL;
	if (!inodes)
		return -ENOMEM;
	memset(m, 0, (n + 1) * sizeof(*m));
	next = inodes;
	for (p = line_of(info, NULL); p && !rc; p = line_of(info, p))
		if (strncmp(p, "flags:", 6))
			rc = read_mark(s, f, p, &next, &m[nr++]);
	watched_put(inodes, n);
	sort(m, nr, sizeof(*m), by_path, NULL);
	text_section(out, &crfs_fanotify_mark_shape);
	for (i = 0; i < nr && !rc; i++)
		text_rec(out, &crfs_fanotify_mark_shape, &m[i].rec);
	return rc;
}

static int read_all(struct snap *s, struct cfile *f, const struct text *info, struct text *out)
{
	const char *p = line_of(info, NULL);
	struct crfs_fd_fanotify r;
	int bytes = 0, rc;

	if (!p || sscanf(p, "flags:%x event-flags:%x", &r.init_flags, &r.event_flags) != 2)
		return -EIO;
	rc = s->live ? 0 : ask_ioctl(f->file, FIONREAD, &bytes, sizeof(bytes));
	if (rc)
		return rc;
	if (bytes)
		snap_lost(s, file_obj(s, f), "%d bytes of fanotify events not yet read", bytes);
	text_section(out, &crfs_fd_fanotify_shape);
	text_rec(out, &crfs_fd_fanotify_shape, &r);
	return read_marks(s, f, info, out);
}

static int fanotify_read(struct snap *s, void *obj, struct text *out)
{
	struct text info = { .failed = false };
	struct cfile *f = obj;
	int rc = show_fdinfo(f->file, &info);

	if (!rc)
		rc = read_all(s, f, &info, out);
	text_done(&info, out);
	return rc;
}

const struct room res_fd_fanotify = {
	.name = "fanotify",
	.scope = PER_FILE,
	.match = fanotify_match,
	.read = fanotify_read,
};
