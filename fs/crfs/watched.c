// SPDX-License-Identifier: GPL-2.0-only
/*
 * What inotify(7) and fanotify(7) watch: the inodes that a group has marks on, and paths to them.
 *
 * A path is by way of a mount that the task, or one of its files, is on; or of another that it sees.
 */
#include <linux/dcache.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>
#include <linux/sched/task.h>

#include "internal.h"
#include "res/ns/mounts.h"
#include "watched.h"

static struct inode *inode_of(const struct fsnotify_mark *mark)
{
	struct fsnotify_mark_connector *conn = READ_ONCE(mark->connector);
	struct inode *inode;

	if (!conn || conn->type != FSNOTIFY_OBJ_TYPE_INODE)
		return NULL;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	inode = conn->obj;
#else
	inode = container_of(conn->obj, struct inode, i_fsnotify_marks);
#endif
	return inode ? igrab(inode) : NULL;
}

struct inode **watched_inodes(struct snap *s, struct file *file, size_t n)
{
	struct inode **v = snap_alloc(s, (n + 1) * sizeof(*v));
	struct fsnotify_group *group = file->private_data;
	struct fsnotify_mark *mark;
	size_t i = 0;

	if (!v)
		return NULL;
	memset(v, 0, (n + 1) * sizeof(*v));
	mutex_lock(&group->mark_mutex);
	list_for_each_entry(mark, &group->marks_list, g_list) {
		if (i == n)
			break;
		v[i] = inode_of(mark);
		i += !!v[i];
	}
	mutex_unlock(&group->mark_mutex);
	return v;
}

void watched_put(struct inode **inodes, size_t n)
{
	while (n--)
		iput(inodes[n]);
}

/* The path of @inode below @mnt, in the pool, if it leads there. */
static char *path_on(struct snap *s, u32 mnt_ns, struct vfsmount *mnt, struct inode *inode)
{
	struct path path = { .mnt = mnt };
	char *text = NULL;

	if (mnt->mnt_sb != inode->i_sb)
		return NULL;
	path.dentry = d_find_any_alias(inode);
	if (!path.dentry)
		return NULL;
	text = path_text(s, &path);
	if (text && !path_leads(s, mnt_ns, text, &path, false))
		text = NULL;
	dput(path.dentry);
	return text;
}

static char *near(struct snap *s, struct ctask *t, struct inode *inode)
{
	struct path at[2] = {};
	char *text = NULL;
	size_t i;

	task_lock(t->task);
	if (t->task->fs) {
		get_fs_root(t->task->fs, &at[0]);
		get_fs_pwd(t->task->fs, &at[1]);
	}
	task_unlock(t->task);
	for (i = 0; i < 2 && !text && at[i].mnt; i++)
		text = path_on(s, t->ns[NS_MNT], at[i].mnt, inode);
	for (i = 0; i < s->nr_files && !text; i++)
		text = path_on(s, t->ns[NS_MNT], s->files[i]->file->f_path.mnt, inode);
	path_put(&at[0]);
	path_put(&at[1]);
	return text;
}

static char *far(struct snap *s, struct ctask *t, struct inode *inode)
{
	struct crfs_mnts m = {};
	char *text = NULL, *point;
	struct path at;
	size_t i;

	if (snap_tried(s, mounts_read(s, t, NULL, &m)))
		return NULL;
	for (i = 0; i < m.nr && !text; i++) {
		point = snap_printf(s, "%.*s", (int)m.v[i].c.mountpoint.len, m.v[i].c.mountpoint.p);
		if (!point || place_lookup(s, t->ns[NS_MNT], point, 0, &at))
			continue;
		text = path_on(s, t->ns[NS_MNT], at.mnt, inode);
		path_put(&at);
	}
	return text;
}

char *watched_path(struct snap *s, struct ctask *t, struct inode *inode)
{
	return near(s, t, inode) ?: far(s, t, inode);
}
