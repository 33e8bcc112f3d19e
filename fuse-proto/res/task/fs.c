// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * umask, current directory and root of a task (of whoever shares them: CLONE_FS).
 *
 * From /proc/<tid>/status (4.7) and the links cwd and root. The directories must be there at
 * restore, at the same paths; that they are the same is not asked. A current directory that was
 * removed comes back as one (ghost_dir). Refused: a directory that no path leads to, since it is
 * mounted over or was unmounted, and a removed root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <crfs/res/task/fs.h>
#include <crfs/res/task/status.h>

#include "ask.h"
#include "fdroom.h"
#include "proc.h"
#include "res/inode/ghost_dir.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "same.h"

static const char deleted[] = " (deleted)";

static bool in_proc(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

/* Does @path lead to the directory @fd? In /proc inode numbers come and go. */
static bool leads_to(struct snap *s, struct task *t, const char *path, int fd)
{
	int root = snap_root(s, t);
	struct stat a, b;
	bool ok;

	if (root < 0)
		return false;
	ok = *path == '/' && !fstat(fd, &a) && !fstatat(root, path[1] ? path + 1 : ".", &b, 0) &&
	     a.st_dev == b.st_dev && (a.st_ino == b.st_ino || in_proc(fd));
	close(root);
	return ok;
}

static uint32_t removed(struct snap *s, struct task *t, int fd, char *path)
{
	struct place p = { .mnt_ns = ns_id(s, t, "mnt"), .gone = true };
	struct inode *n;

	path[strlen(path) - strlen(deleted)] = '\0';
	p.path = (struct crfs_str){ path, strlen(path) };
	n = ghost_dir(s, fd, &p);
	return n ? n->id : 0;
}

/* One of the two links. @inode: NULL where it may not be a removed directory */
static int where(struct snap *s, struct task *t, const char *name, struct crfs_str *out,
		 uint32_t *inode)
{
	char *link = proc_link(s->proc, "%d/%s", t->tid, name), *path;
	bool too_long = !link && errno == ENAMETOOLONG;
	int fd = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/%s", t->tid, name);
	size_t n;

	path = link ? pool_strdup(&s->pool, link) : NULL;
	free(link);
	if (!path || fd < 0) {
		if (fd >= 0)
			close(fd);
		if (too_long) {
			snap_unsupported(s, -ENAMETOOLONG, task_name(s, t),
					 "the path of its %s is too long for any system call (PATH_MAX): "
					 "let it go elsewhere", name);
			*out = (struct crfs_str){ "/", 1 };
			return 0;
		}
		return s->live ? 0 : fail(s->err, fd < 0 ? fd : -ENOMEM, "/proc/%d/%s", t->tid, name);
	}
	n = strlen(path);
	if (inode && n > strlen(deleted) && !strcmp(path + n - strlen(deleted), deleted) &&
	    !leads_to(s, t, path, fd))
		*inode = removed(s, t, fd, path);
	else if (!leads_to(s, t, path, fd))
		snap_unsupported(s, -ENOENT, task_name(s, t),
				 "its %s %s is removed or mounted over: let it go elsewhere", name, path);
	close(fd);
	*out = (struct crfs_str){ path, strlen(path) };
	return 0;
}

static int fs_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct crfs_fs c = { .umask = snap_status_num(t, "Umask", 8) };
	int rc = where(s, t, "cwd", &c.cwd, &c.cwd_inode);

	if (!rc)
		rc = where(s, t, "root", &c.root, NULL);
	if (rc)
		return rc;
	text_section(out, &crfs_fs_shape);
	text_rec(out, &crfs_fs_shape, &c);
	return 0;
}

static void check_dir(struct image *im, struct iobj *o, const char *name, const struct crfs_str *path)
{
	const struct crfs_task_status *st = image_status(o);
	struct stat sb;
	int fd;

	if (!path->len || path->p[0] != '/' || memchr(path->p, 0, path->len)) {
		image_mismatch(im, -EINVAL, o->path, "fs: %s is no absolute path", name);
		return;
	}
	fd = place_check(im, st ? st->mnt_ns : 0, path);
	if (fd == -ENODATA)
		return;
	if (fd < 0 || fstat(fd, &sb) || !S_ISDIR(sb.st_mode))
		image_mismatch(im, fd < 0 ? fd : -ENOTDIR, o->path,
			       "fs: %s %.*s is not there: make it, or edit fs", name, (int)path->len,
			       path->p);
	if (fd >= 0)
		close(fd);
}

static void fs_check(struct image *im, struct iobj *o)
{
	const struct crfs_fs *c = image_rec(o, &res_task_fs, 0);

	if (!c)
		return;
	if (c->umask > 0777)
		image_mismatch(im, -EINVAL, o->path, "fs: umask is at most 0777");
	check_dir(im, o, "root", &c->root);
	if (!c->cwd_inode)
		check_dir(im, o, "cwd", &c->cwd);
	else if (!image_obj(im, IOBJ_INODE, c->cwd_inode) ||
		 image_obj(im, IOBJ_INODE, c->cwd_inode)->room != &res_inode_ghost_dir)
		image_mismatch(im, -EINVAL, o->path, "fs: inodes/%u is no removed directory",
			       c->cwd_inode);
}

static int put_removed(struct restore *rs, struct rtask *rt, struct tape *tape, uint32_t id)
{
	struct iobj *dir = image_obj(rs->im, IOBJ_INODE, id);
	unsigned int fd = task_free_fd(rt);
	struct tape_op *op;

	if (!dir || dir->fd < 0)
		return fail_on(rs->err, -EBADF, rt->o->path, "fs: inodes/%u was not made", id);
	op = tape_call(tape, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, dir->fd, 0);
	op->want = WANT_EXACT;
	op->expect = fd;
	tape_call(tape, "fchdir", SYS_fchdir, fd);
	tape_call(tape, "close", SYS_close, fd);
	return 0;
}

static uint64_t path_data(struct tape *tape, const struct crfs_str *path)
{
	uint64_t at = tape_data(tape, NULL, path->len + 1);

	if (!tape->full)
		memcpy(tape_local(tape, at), path->p, path->len);
	return at;
}

static bool is(const struct crfs_str *s, const char *text)
{
	return s->len == strlen(text) && !memcmp(s->p, text, s->len);
}

static int fs_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	const struct crfs_fs *c = image_rec(o, &res_task_fs, 0);
	int rc = 0;

	if (!c)
		return 0;
	tape_call(tape, "umask", SYS_umask, c->umask);
	if (c->cwd_inode)
		rc = put_removed(rs, rt, tape, c->cwd_inode);
	else
		tape_call(tape, "chdir to its current directory", SYS_chdir,
			  path_data(tape, &c->cwd));
	if (!is(&c->root, "/"))
		tape_call(tape, "chroot", SYS_chroot, path_data(tape, &c->root));
	return rc;
}

static const struct crfs_shape *const shapes[] = { &crfs_fs_shape, NULL };

const struct resource res_task_fs = {
	.name = "fs",
	.scope = PER_FS,
	.shapes = shapes,
	.phase = PHASE_FS,
	.read = fs_read,
	.check = fs_check,
	.put = fs_put,
};
