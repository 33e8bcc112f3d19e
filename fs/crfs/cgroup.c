// SPDX-License-Identifier: GPL-2.0-only
/* The cgroup that a mount is of. */
#include <linux/cgroup.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "internal.h"

/* A directory of the cgroup v2 filesystem; there is no exported way from a path to its cgroup. */
static int cgroup_of(const struct path *path, struct cgroup **cg)
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
