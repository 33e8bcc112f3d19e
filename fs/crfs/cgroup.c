// SPDX-License-Identifier: GPL-2.0-only
/* The cgroup that a mount is of. */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * cgroup_of() - that of a directory of the cgroup v2 filesystem; there is no exported way to it
 * @path: the directory
 * @cg: the cgroup, with a reference
 *
 * Return: 0; -EINVAL: it is no such directory; -ENOENT: it is being removed
 */
int cgroup_of(const struct path *path, struct cgroup **cg)
{
	struct inode *inode = d_inode(path->dentry);
	struct kernfs_node *kn;

	if (inode->i_sb->s_magic != CGROUP2_SUPER_MAGIC || !S_ISDIR(inode->i_mode))
		return -EINVAL;
	kn = inode->i_private;
	/*
	 * kn->priv of a directory is its cgroup, and NULL when that is being removed
	 * (cgroup.c).
	 */
	rcu_read_lock();
	*cg = rcu_dereference(*(void __rcu **)&kn->priv);
	if (*cg && !cgroup_tryget(*cg))
		*cg = NULL;
	rcu_read_unlock();
	return *cg ? 0 : -ENOENT;
}

/**
 * cgroup_open() - the cgroup of a directory
 * @dir: its path
 * @cg: the cgroup, with a reference
 *
 * Return: 0, or -ENOENT, or -EINVAL if it is something else
 */
int cgroup_open(const char *dir, struct cgroup **cg)
{
	struct path path;
	int rc = kern_path(dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (rc)
		return rc;
	rc = cgroup_of(&path, cg);
	path_put(&path);
	return rc;
}

/**
 * cgroup_dir() - the directory of a mount's cgroup, as who looks has it
 * @mi: the mount
 *
 * Return: with a reference; -EXDEV: that is another one where who looks is; or another negative errno
 */
struct file *cgroup_dir(const struct mount_info *mi)
{
	struct file *dir = filp_open(mi->dir, O_RDONLY | O_DIRECTORY, 0);
	struct cgroup *cg;
	int rc;

	if (IS_ERR(dir))
		return dir;
	rc = cgroup_of(&dir->f_path, &cg);
	if (!rc) {
		rc = cg == READ_ONCE(mi->cg) ? 0 : -EXDEV;
		cgroup_put(cg);
	}
	if (!rc)
		return dir;
	fput(dir);
	return ERR_PTR(rc);
}

/* Of the whole of @file, as F_OFD_SETLKW; a signal ends the wait. */
static int lock_whole(struct file *file, unsigned char type)
{
	struct file_lock *l = locks_alloc_lock();
	int rc;

	if (!l)
		return -ENOMEM;
	crfs_lock(l, flags) = FL_POSIX | FL_OFDLCK | FL_SLEEP;
	crfs_lock(l, type) = type;
	crfs_lock(l, owner) = file;
	crfs_lock(l, file) = file;
	crfs_lock(l, pid) = current->tgid;
	l->fl_end = OFFSET_MAX;
	rc = locks_lock_file_wait(file, l);
	locks_free_lock(l);
	return rc;
}

static struct file *open_freeze(const struct mount_info *mi)
{
	struct file *dir = cgroup_dir(mi), *file;

	if (IS_ERR(dir))
		return dir;
	file = file_open_root(&dir->f_path, "cgroup.freeze", O_RDONLY, 0);
	fput(dir);
	return file;
}

/**
 * cgroup_hold() - keep mounts of the FUSE filesystem from thawing the cgroup for a moment
 * @mi: the mount
 *
 * They do so to ask the tasks, which stand in ptrace stops meanwhile, and a restore makes tasks: both have this lock
 * for writing as long (cgroup_hold(), fuse-proto/cgroup.c). It is waited for.
 *
 * Return: what is held, for cgroup_let_go(); NULL: nothing, who looks does not see the cgroup; or an error
 */
struct file *cgroup_hold(const struct mount_info *mi)
{
	const struct cred *old = override_creds(mi->cred);
	struct file *file = open_freeze(mi);
	int rc;

	revert_creds(old);
	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOMEM ? file : NULL;
	rc = lock_whole(file, F_RDLCK);
	if (!rc)
		return file;
	fput(file);
	return ERR_PTR(rc);
}

/* Closing it comes late, and lets go of it where there is no memory to do so at once. */
void cgroup_let_go(struct file *hold)
{
	if (!hold)
		return;
	lock_whole(hold, F_UNLCK);
	fput(hold);
}

/* The path inside the hierarchy. */
char *cgroup_inner(struct cgroup *cg, gfp_t gfp)
{
	char *buf = kmalloc(PATH_MAX, gfp);
	int n = buf ? cgroup_path(cg, buf, PATH_MAX) : -ENOMEM;

	if (n >= 0 && n < PATH_MAX)
		return buf;
	kfree(buf);
	return NULL;
}

bool cgroup_is_frozen(struct cgroup *cg)
{
	return test_bit(CGRP_FROZEN, &cg->flags);
}

/**
 * cgroup_told() - the last word that it is frozen no more
 * @cg: the cgroup
 *
 * The first task that leaves the freezer's trap makes it and all above it not frozen, and before that task goes on
 * cgroup.events is told so (cgroup_update_frozen()): at once, or by a timer if it was told something in the 10 ms
 * before (cgroup_file_notify()). So no task has left as long as this is the same and not 0. That of a timer which
 * is being served is neither pending nor has it told yet: but it is another than the one before.
 *
 * Return: a number; 0: nothing can be said, ask each task
 */
u64 cgroup_told(struct cgroup *cg)
{
	struct cgroup_file *events = &cg->events_file;
	unsigned long told, timer;

	smp_rmb();	/* what was read of tasks was read before */
	if (timer_pending(&events->notify_timer))
		return 0;
	timer = READ_ONCE(events->notify_timer.expires);
	told = READ_ONCE(events->notified_at);
	return (u64)(u32)timer << 32 | (u32)told;
}

/* cgroup_now() - that of the mount, with a reference */
struct cgroup *cgroup_now(struct mount_info *mi)
{
	struct cgroup *cg;

	rcu_read_lock();
	cg = READ_ONCE(mi->cg);		/* the mount has a reference, until cgroup_again() has waited for us */
	cgroup_get(cg);
	rcu_read_unlock();
	return cg;
}

/* Has it been removed? */
bool cgroup_gone(struct mount_info *mi)
{
	bool gone;

	rcu_read_lock();
	gone = !(READ_ONCE(mi->cg)->self.flags & CSS_ONLINE);
	rcu_read_unlock();
	return gone;
}

/* One that was removed may have been made again: an empty one and none are the same. */
void cgroup_again(struct mount_info *mi)
{
	struct cgroup *cg, *old = mi->cg;

	if (!cgroup_gone(mi) || cgroup_open(mi->dir, &cg))
		return;
	WRITE_ONCE(mi->cg, cg);
	synchronize_rcu();
	cgroup_put(old);
}
