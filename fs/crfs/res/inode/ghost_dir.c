// SPDX-License-Identifier: GPL-2.0-only
/* A directory that was removed while somebody was in it or had it open. */
#include <linux/fs.h>
#include <linux/stat.h>

#include <crfs/res/inode/ghost_dir.h>

#include "internal.h"

struct cinode *ghost_dir(struct snap *s, const struct path *path, const struct place *p)
{
	struct inode *dir = d_inode(path->dentry);
	struct cinode *n = snap_inode(s, &res_inode_ghost_dir, dir, NULL);
	struct crfs_inode_ghost_dir *g;

	if (!n || n->priv)
		return n;
	g = snap_alloc(s, sizeof(*g));
	if (!g)
		return NULL;
	*g = (struct crfs_inode_ghost_dir){
		.path = p->path, .mnt_ns = p->mnt_ns, .mode = dir->i_mode & 07777,
		.uid = from_kuid_munged(s->mi->cred->user_ns, dir->i_uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, dir->i_gid),
	};
	n->priv = g;
	return n;
}

static int ghost_dir_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;

	text_section(out, &crfs_inode_ghost_dir_shape);
	text_rec(out, &crfs_inode_ghost_dir_shape, n->priv);
	return 0;
}

const struct room res_inode_ghost_dir = {
	.name = "ghost_dir",
	.scope = PER_INODE,
	.read = ghost_dir_read,
};
