// SPDX-License-Identifier: GPL-2.0-only
/*
 * umask, current directory and root of a task (of whoever shares them: CLONE_FS).
 *
 * A current directory that was removed is an inode (ghost_dir). Refused: a directory that no path
 * leads to, since it is mounted over or was unmounted, and a removed root.
 */
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/path.h>

#include <crfs/res/task/fs.h>

#include "internal.h"

static const char deleted[] = " (deleted)";

static u32 removed(struct snap *s, struct ctask *t, const struct path *at, char *path)
{
	struct place p = { .mnt_ns = t->ns[NS_MNT], .gone = true };
	struct cinode *n;

	path[strlen(path) - strlen(deleted)] = '\0';
	p.path = str_of(path);
	n = ghost_dir(s, at, &p);
	return n ? n->id : 0;
}

/* @inode: NULL where it may not be a removed directory */
static int where(struct snap *s, struct ctask *t, const char *name, const struct path *at,
		 struct crfs_str *out, u32 *inode)
{
	bool proc = at->dentry->d_sb->s_magic == PROC_SUPER_MAGIC;
	char *path = path_text(s, at);
	size_t n;

	if (!path)
		return -ENOMEM;
	if (!strcmp(path, path_too_long)) {
		snap_unsupported(s, -ENAMETOOLONG, task_obj(s, t),
				 "the path of its %s is too long for any system call (PATH_MAX): let it go elsewhere",
				 name);
		*out = str_of("/");
		return 0;
	}
	n = strlen(path);
	if (path_leads(s, t->ns[NS_MNT], path, at, proc))
		;
	else if (inode && n > strlen(deleted) && !strcmp(path + n - strlen(deleted), deleted))
		*inode = removed(s, t, at, path);
	else
		snap_unsupported(s, -ENOENT, task_obj(s, t),
				 "its %s %s is removed or mounted over: let it go elsewhere", name, path);
	*out = str_of(path);
	return 0;
}

static int fs_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct path pwd = {}, root = {};
	struct crfs_fs c = { .umask = 0 };
	int rc = -ESTALE;

	task_lock(t->task);
	if (t->task->fs) {
		c.umask = t->task->fs->umask;
		get_fs_pwd(t->task->fs, &pwd);
		get_fs_root(t->task->fs, &root);
		rc = 0;
	}
	task_unlock(t->task);
	if (!rc)
		rc = where(s, t, "cwd", &pwd, &c.cwd, &c.cwd_inode);
	if (!rc)
		rc = where(s, t, "root", &root, &c.root, NULL);
	path_put(&pwd);
	path_put(&root);
	if (rc)
		return rc;
	text_section(out, &crfs_fs_shape);
	text_rec(out, &crfs_fs_shape, &c);
	return 0;
}

const struct room res_task_fs = {
	.name = "fs",
	.scope = PER_FS,
	.read = fs_read,
};
