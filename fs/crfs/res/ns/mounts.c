// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/<pid>/mountinfo as the list that stands in the tree.
 *
 * It ends at the root that the process had when the file was opened. Where that is another one than its namespace's
 * (chroot(2)), the open file is told to begin at the latter. What it holds is private to fs/mount.h, its first two
 * members the same from 3.15 to 6.12: they are held against what the task has, before one is changed.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "res/ns/mounts.h"

/* fs/mount.h: how it begins */
struct proc_mounts {
	struct mnt_namespace *ns;
	struct path root;
};

/* Does @p have the mount namespace and the root of @t? */
static bool are_of(const struct proc_mounts *p, struct ctask *t)
{
	struct path root = {};
	bool yes;

	task_lock(t->task);
	yes = t->task->nsproxy && p->ns == t->task->nsproxy->mnt_ns;
	if (yes && t->task->fs)
		get_fs_root(t->task->fs, &root);
	task_unlock(t->task);
	yes = root.mnt && path_equal(&root, &p->root);
	path_put(&root);
	return yes;
}

/* The open mountinfo of @t begins at @root, of the same namespace. */
static int begin_at(struct file *file, struct ctask *t, const struct path *root)
{
	const struct seq_file *m = file->private_data;
	struct proc_mounts *p = m ? m->private : NULL;
	struct path old;

	if (file_inode(file)->i_sb->s_magic != PROC_SUPER_MAGIC || !p || !are_of(p, t))
		return -EXDEV;
	old = p->root;
	p->root = *root;
	path_get(&p->root);
	path_put(&old);
	return 0;
}

bool mounts_show(struct snap *s, pid_t pid, const char *name)
{
	const char *path = snap_printf(s, "/proc/%d/mountinfo", pid);
	struct text text = { .failed = false };
	bool yes = path && read_whole(path, &text) > 0 && strnstr(text.w.buf, name, text.w.len);

	snap_tried(s, text.failed ? -ENOMEM : 0);
	text_free(&text);
	return yes;
}

static struct file *open_info(struct snap *s, struct ctask *t, const struct path *root)
{
	char *path = t ? snap_printf(s, "/proc/%d/mountinfo", t->tid) : "/proc/thread-self/mountinfo";
	struct file *file = path ? filp_open(path, O_RDONLY, 0) : ERR_PTR(-ENOMEM);
	int rc = IS_ERR(file) || !root ? 0 : begin_at(file, t, root);

	if (rc)
		fput(file);
	return rc ? ERR_PTR(rc) : file;
}

/* All of it, NUL-terminated, in the pool */
static char *mountinfo(struct snap *s, struct ctask *t, const struct path *root)
{
	struct file *file = open_info(s, t, root);
	struct text text = { .failed = false };
	char *copy = NULL;
	ssize_t rc;

	if (IS_ERR(file))
		return ERR_CAST(file);
	rc = read_open(file, &text);
	fput(file);
	if (rc >= 0 && !text.failed)
		copy = snap_alloc(s, text.w.len + 1);
	if (copy)
		memcpy(copy, text.w.buf, text.w.len);
	if (copy)
		copy[text.w.len] = '\0';
	text_free(&text);
	return copy ?: ERR_PTR(rc < 0 ? rc : -ENOMEM);
}

int mounts_read(struct snap *s, struct ctask *t, const struct path *root, struct crfs_mnts *m)
{
	char *text = mountinfo(s, t, root);
	struct crfs_mnts all;
	size_t n;

	if (IS_ERR(text))
		return PTR_ERR(text);
	n = crfs_mountinfo_lines(text);
	all.v = snap_alloc(s, n * sizeof(*all.v));
	m->v = snap_alloc(s, n * sizeof(*m->v));
	if (!all.v || !m->v)
		return -ENOMEM;
	crfs_mountinfo_parse(text, !t, &all);
	crfs_mountinfo_arrange(&all, m);
	return 0;
}
