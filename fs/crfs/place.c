// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where files are: paths as /proc shows them, and whether they lead there.
 *
 * They are those that whoever looks first would see: d_path() knows no other root than that of
 * the caller. A mount is looked at by its mounter, or by somebody with the same root.
 */
#include <linux/dcache.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "internal.h"

#define DELETED " (deleted)"

/* In place of a path that no system call takes: no room takes it either. */
const char path_too_long[] = "a file whose path is too long for any system call (PATH_MAX)";

/* The path in the pool, as the links of /proc have it, or path_too_long; NULL: no memory */
char *path_text(struct snap *s, const struct path *path)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p, *copy = NULL;

	p = buf ? d_path(path, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	if (!IS_ERR(p) || PTR_ERR(p) == -ENAMETOOLONG)
		copy = snap_printf(s, "%s", IS_ERR(p) ? path_too_long : p);
	kfree(buf);
	return copy;
}

/* place_lookup() - what is at an absolute path of mount namespace @mnt_ns (0: the mounter's); with a reference */
int place_lookup(struct snap *s, u32 mnt_ns, const char *name, unsigned int flags, struct path *at)
{
	const struct path *root = mnt_ns ? ns_root(s, mnt_ns) : NULL;

	if (!name || *name != '/' || (mnt_ns && !root))
		return -ENOENT;
	return snap_tried(s, root ? vfs_path_lookup(root->dentry, root->mnt, name, flags, at) :
				    kern_path(name, flags, at));
}

/* Does @name lead to what is at @path? In /proc inodes come and go. */
bool path_leads(struct snap *s, u32 mnt_ns, const char *name, const struct path *path, bool proc)
{
	struct path at;
	bool same;

	if (place_lookup(s, mnt_ns, name, 0, &at))
		return false;
	same = d_inode(at.dentry) == d_inode(path->dentry) ||
	       (proc && at.dentry->d_sb == path->dentry->d_sb);
	path_put(&at);
	return same;
}

static bool ends_deleted(const char *path)
{
	size_t n = strlen(path), m = strlen(DELETED);

	return n > m && !strcmp(path + n - m, DELETED);
}

/* The directory that the name @path is, or was, in, in the pool; NULL: no memory */
char *path_dir(struct snap *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	return snap_printf(s, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* Is the directory that the name @path was in on the file system of @at? */
static bool same_fs(struct snap *s, u32 mnt_ns, const char *path, const struct path *at)
{
	struct path dir;
	bool same;

	if (place_lookup(s, mnt_ns, path_dir(s, path), 0, &dir))
		return false;
	same = dir.dentry->d_sb == at->dentry->d_sb;
	path_put(&dir);
	return same;
}

/* Of these the count of links tells whether there is another name; of directories and devices it does not. */
static bool has_names(umode_t mode)
{
	return S_ISREG(mode) || S_ISSOCK(mode) || S_ISFIFO(mode);
}

/* In namespace @mnt_ns. Return: 0; 1: it is not there; -ENOMEM */
static int place_in(struct snap *s, u32 mnt_ns, const char *link, const struct path *at,
		    const struct kstat *st, struct place *p)
{
	char *path = snap_printf(s, "%s", link), *other;

	if (!path)
		return -ENOMEM;
	p->path = str_of(path);
	p->mnt_ns = mnt_ns;
	if (path_leads(s, mnt_ns, path, at, at->dentry->d_sb->s_magic == PROC_SUPER_MAGIC))
		return 0;
	if (!ends_deleted(path))
		return 1;
	path[strlen(path) - strlen(DELETED)] = '\0';
	p->path = str_of(path);
	if (!st->nlink || !has_names(st->mode)) {
		p->gone = !mnt_ns || same_fs(s, mnt_ns, path, at);
		return !p->gone;
	}
	other = path_other(s, mnt_ns, path, at, st->ino);
	if (other)
		p->path = str_of(other);
	return !other;
}

/* What a task brought along when it went to another mount namespace, or was sent, is in one of the others. */
static int place_elsewhere(struct snap *s, u32 own, const char *link, const struct path *at, const struct kstat *st,
			   struct place *p)
{
	u32 ns, last = own;
	size_t i;
	int rc = 1;

	for (i = 0; i < s->nr_tasks && rc == 1; i++) {
		ns = s->tasks[i].zombie ? 0 : s->tasks[i].ns[NS_MNT];
		if (!ns || ns == own || ns == last || !ns_root(s, ns))
			continue;
		last = ns;
		rc = place_in(s, ns, link, at, st, p);
	}
	return rc;
}

/**
 * path_place() - where a file is
 * @s: the snapshot
 * @obj: what refers to it, for messages
 * @t: the task that has it
 * @link: the path as /proc shows it
 * @at: what it is
 * @st: of it
 * @p: its path; or the one it had, and gone
 *
 * Return: 0; 1 if it is nowhere, which has been named; -ENOMEM
 */
int path_place(struct snap *s, const char *obj, const struct ctask *t, const char *link,
	       const struct path *at, const struct kstat *st, struct place *p)
{
	u32 mnt_ns = t->ns[NS_MNT];
	int rc = 1;

	*p = (struct place){ .path = str_of(link), .mnt_ns = mnt_ns };
	if (*link != '/') {
		snap_unsupported(s, -EOPNOTSUPP, obj, "%s has no path", link);
		return 1;
	}
	if (!mnt_ns || ns_root(s, mnt_ns))
		rc = place_in(s, mnt_ns, link, at, st, p);
	if (rc == 1 && mnt_ns)
		rc = place_in(s, 0, link, at, st, p);
	if (rc == 1)
		rc = place_elsewhere(s, mnt_ns, link, at, st, p);
	if (rc == 1)
		snap_unsupported(s, -ENOENT, obj,
				 ends_deleted(link) ?
				 "%s: it has other names, but none nearby: link it into this directory" :
				 "%s does not lead to it: a mount covers it, or it is in a mount namespace outside the container",
				 link);
	return rc;
}

/* file_place() - the same of an open file description */
int file_place(struct snap *s, struct cfile *f, struct place *p)
{
	return path_place(s, file_obj(s, f), f->task, f->link, &f->file->f_path, &f->st, p);
}

/*
 * A description of our own of the same file: holding the container's would keep its locks, and
 * the ends of its pipes.
 */
struct file *file_reopen(struct file *file)
{
	return dentry_open(&file->f_path, O_RDONLY | O_LARGEFILE | O_NONBLOCK, current_cred());
}
