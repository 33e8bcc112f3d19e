// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts that show a namespace: as a file (nsfs), the queues of one (mqueue), the network of one (sysfs). As
 * fuse-proto/res/ns/mnt.c, mnt_nsfs.c and mnt_sysfs.c have them.
 */
#include <linux/ipc_namespace.h>
#include <linux/kstrtox.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/proc_ns.h>
#include <net/net_namespace.h>

#include "internal.h"
#include "res/ns/held.h"
#include "res/ns/mounts.h"
#include "res/ns/ns.h"

bool mnt_is_dev(const struct super_block *sb, const char *dev)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", MAJOR(sb->s_dev), MINOR(sb->s_dev));
	return !strcmp(text, dev);
}

/* ---- nsfs ---- */

static bool is_held(struct snap *s, const struct mntns *n, const struct crfs_mount *c, struct crfs_str kind, u64 inum)
{
	struct inode *inode;
	struct path at;
	bool yes;

	if (!mnt_find(s, n->ns->id, &c->mountpoint, &at))
		return false;
	inode = d_inode(at.dentry);
	yes = inode->i_sb->s_magic == NSFS_MAGIC && inode->i_ino == inum &&
	      held_meet(s, ns_kind(kind), get_proc_ns(inode));
	path_put(&at);
	return yes;
}

bool mnt_nsfs_name(struct snap *s, const struct mntns *n, struct crfs_mount *c)
{
	const char *end, *kind = crfs_mnt_ns(c->root.p, c->root.len, ":[", &end);
	u64 inum = kind ? simple_strtoull(end, NULL, 10) : 0;
	char *name;
	u32 id;

	if (!kind || (!ns_known(s, str_of(kind), inum, &id) && !is_held(s, n, c, str_of(kind), inum)))
		return false;
	name = snap_printf(s, "/%s-%u", kind, id);
	if (name)
		c->root = str_of(name);
	return name;
}

/* ---- mqueue ---- */

static const struct ctask *first_in(const struct snap *s, u32 mnt)
{
	const struct ctask *t = s->tasks;

	while (t < s->tasks + s->nr_tasks && (t->zombie || t->ns[NS_MNT] != mnt))
		t++;
	return t < s->tasks + s->nr_tasks ? t : NULL;
}

bool mnt_other_queues(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	const struct ctask *t = crfs_str_is(&m->c.fstype, "mqueue") ? first_in(s, n->ns->id) : NULL;
	struct ipc_namespace *ns = t ? ipc_of(t) : NULL;
	bool other = false;

#ifdef CONFIG_POSIX_MQUEUE
	other = ns && !(ns->mq_mnt && mnt_is_dev(ns->mq_mnt->mnt_sb, m->dev));
#endif
	if (ns)
		ipc_drop(ns);
	return other;
}

/* ---- sysfs ---- */

/* fs/kernfs/kernfs-internal.h: how it begins, from 6.1 to 6.12 */
struct kernfs_super_info {
	struct super_block *sb;
	const void *root, *ns;
};

/** struct look - @net: whose sysfs is looked for; @dev: which one it should be */
struct look {
	const struct net *net;
	const char *dev;
	bool found;
};

static void look_at(struct super_block *sb, void *arg)
{
	const struct kernfs_super_info *info = sb->s_fs_info;
	struct look *l = arg;

	if (mnt_is_dev(sb, l->dev))
		l->found = info && info->sb == sb && info->ns == l->net;
}

/* Of one network there is one sysfs. */
bool mnt_other_net(struct snap *s, const struct mntns *n, const struct crfs_mnt *m)
{
	struct file_system_type *type = crfs_str_is(&m->c.fstype, "sysfs") ? get_fs_type("sysfs") : NULL;
	const struct ctask *t = type ? first_in(s, n->ns->id) : NULL;
	struct net *net = t ? ns_net_of(t->task) : NULL;
	struct look l = { .net = net, .dev = m->dev };

	if (!net)
		return false;
	iterate_supers_type(type, look_at, &l);
	put_net(net);
	return !l.found;
}
