// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inodes, directories and files of a mount.
 *
 * Sizes are those of the generation, and exact before anything is read: with st_size 0 tar and
 * rsync copy nothing, with st_blocks 0 `tar -S` stores holes. Readdir order is inode order.
 */
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "read.h"

/* Numbers of what is in no tree. */
#define INO_ROOT 1
#define INO_CTL (1ULL << 62)

struct ctl_file {
	const char *name;
	void (*text)(struct mount_info *mi, struct text *out);
};

static struct mount_info *info_of(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* The node of an inode; NULL: the root, whose node is another in each generation, or of .crfs */
static struct cnode *node_of(const struct inode *inode)
{
	return inode->i_private;
}

static int view_setattr(crfs_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	return -EROFS;
}

/* ---- .crfs ---- */

static void state_text(struct mount_info *mi, struct text *out)
{
	static const char *const words[] = { "frozen\n", "running\n", "staging\n" };
	const char *word = stage_word(mi) ?: words[mount_settled(mi)];

	text_bytes(out, word, strlen(word));
}

static void error_text(struct mount_info *mi, struct text *out)
{
	static const char none[] = "ENOMEM .crfs/error: no memory for what is to be said: try again\n";

	mutex_lock(&mi->error_lock);
	text_bytes(out, mi->error.w.buf, mi->error.w.len);
	if (mi->error.failed)
		text_bytes(out, none, sizeof(none) - 1);
	mutex_unlock(&mi->error_lock);
}

static const struct ctl_file ctl_files[] = {
	{ "state", state_text },
	{ "error", error_text },
	{ "ctl", NULL },	/* is written to */
};

/* The text is as it was when the file was opened. */
static int ctl_open(struct inode *inode, struct file *file)
{
	const struct ctl_file *c = inode->i_private;
	struct text *t;

	if (!c->text && file->f_mode & FMODE_WRITE && !may_restore(info_of(inode->i_sb)))
		return -EPERM;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	if (c->text)
		c->text(info_of(inode->i_sb), t);
	if (t->failed) {
		text_free(t);
		kfree(t);
		return -ENOMEM;
	}
	i_size_write(inode, t->w.len);
	file->private_data = t;
	return 0;
}

static int ctl_release(struct inode *inode, struct file *file)
{
	text_free(file->private_data);
	kfree(file->private_data);
	return 0;
}

static ssize_t ctl_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct text *t = iocb->ki_filp->private_data;
	ssize_t got = iov_iter_count(to) ? text_read(t->w.buf, t->w.len, to, iocb->ki_pos) : 0;

	if (got > 0)
		iocb->ki_pos += got;
	return got;
}

static ssize_t ctl_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	const struct ctl_file *c = file_inode(file)->i_private;

	return c->text ? -EACCES : stage_ctl(info_of(file_inode(file)->i_sb), buf, size);
}

static const struct file_operations ctl_fops = {
	.owner = THIS_MODULE,
	.open = ctl_open,
	.write = ctl_write,
	.release = ctl_release,
	.read_iter = ctl_read_iter,
	.llseek = generic_file_llseek,
};

static int ctl_iterate(struct file *file, struct dir_context *ctx)
{
	size_t i;

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (i = ctx->pos - 2; i < ARRAY_SIZE(ctl_files); i++, ctx->pos++)
		if (!dir_emit(ctx, ctl_files[i].name, strlen(ctl_files[i].name), INO_CTL + 1 + i,
			      DT_REG))
			break;
	return 0;
}

static const struct file_operations ctl_dir_fops = {
	.owner = THIS_MODULE,
	.iterate_shared = ctl_iterate,
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
};

/* ---- inodes ---- */

static const struct inode_operations root_iops, dir_iops, ctl_dir_iops, file_iops;
static const struct file_operations dir_fops;

static struct inode *inode_new(struct super_block *sb, u64 ino, umode_t mode, struct timespec64 ts)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = ino;
	inode->i_mode = mode;
	inode->i_uid = info_of(sb)->cred->fsuid;
	inode->i_gid = info_of(sb)->cred->fsgid;
	crfs_inode_time(inode, ts);
	if (S_ISDIR(mode))
		set_nlink(inode, 2);
	return inode;
}

static struct inode *node_inode(struct super_block *sb, struct cnode *n)
{
	bool dir = n->kind == NODE_DIR;
	struct inode *inode = inode_new(sb, n->ino, dir ? S_IFDIR | 0500 : S_IFREG | 0400,
					n->gen->time);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	kref_get(&n->gen->ref);
	inode->i_private = n;
	inode->i_op = dir ? &dir_iops : &file_iops;
	inode->i_fop = dir ? &dir_fops : &crfs_view_fops;
	if (!dir) {
		i_size_write(inode, n->size);
		inode->i_blocks = (n->size + 511) >> 9;
	}
	return inode;
}

static struct inode *ctl_dir_inode(struct super_block *sb)
{
	struct timespec64 ts;
	struct inode *inode;

	ktime_get_real_ts64(&ts);
	inode = inode_new(sb, INO_CTL, S_IFDIR | 0500, ts);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_op = &ctl_dir_iops;
	inode->i_fop = &ctl_dir_fops;
	return inode;
}

static struct dentry *ctl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct text t = { .failed = false };
	struct inode *inode;
	struct timespec64 ts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ctl_files); i++)
		if (!strcmp(dentry->d_name.name, ctl_files[i].name))
			break;
	if (i == ARRAY_SIZE(ctl_files))
		return ERR_PTR(-ENOENT);
	ktime_get_real_ts64(&ts);
	inode = inode_new(dir->i_sb, INO_CTL + 1 + i, S_IFREG | (ctl_files[i].text ? 0400 : 0600), ts);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_fop = &ctl_fops;
	inode->i_private = (void *)&ctl_files[i];
	if (ctl_files[i].text)
		ctl_files[i].text(info_of(dir->i_sb), &t);
	i_size_write(inode, t.w.len);
	text_free(&t);
	return d_splice_alias(inode, dentry);
}

static void crfs_evict_inode(struct inode *inode)
{
	struct cnode *n = node_of(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (stage_evict(inode))
		return;
	if (n && inode->i_fop != &ctl_fops)
		gen_put(n->gen);
}

static struct cnode *child_of(struct gen *g, struct cnode *dir, const struct dentry *dentry)
{
	return tree_find(&g->tree, dir, dentry->d_name.name, dentry->d_name.len);
}

static struct dentry *root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = NULL;
	struct cnode *n;
	struct gen *g;

	if (!strcmp(dentry->d_name.name, ".crfs"))
		return d_splice_alias(ctl_dir_inode(dir->i_sb), dentry);
	if (stage_shown(info_of(dir->i_sb)))
		return stage_lookup(dir, dentry);
	g = gen_get(info_of(dir->i_sb));
	if (IS_ERR(g))
		return ERR_CAST(g);
	n = g ? child_of(g, g->tree.root, dentry) : NULL;
	if (n)
		inode = node_inode(dir->i_sb, n);
	gen_put(g);
	return n ? d_splice_alias(inode, dentry) : ERR_PTR(-ENOENT);
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct cnode *parent = node_of(dir), *n;

	if (!gen_valid(parent->gen))
		return ERR_PTR(-ESTALE);
	n = child_of(parent->gen, parent, dentry);
	return n ? d_splice_alias(node_inode(dir->i_sb, n), dentry) : ERR_PTR(-ENOENT);
}

/* A name leads to what it led to for as long as the generation lasts. */
static int crfs_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode;
	struct cnode *n;
	int staged;

	if (flags & LOOKUP_RCU)
		return -ECHILD;
	inode = d_inode(dentry);
	if (!inode)
		return 0;
	if (inode->i_ino >= INO_CTL || IS_ROOT(dentry))
		return inode->i_ino <= INO_CTL;	/* what .crfs has is another length each time */
	staged = stage_revalidate(dentry, inode);
	if (staged >= 0)
		return staged;
	n = node_of(inode);
	return READ_ONCE(n->gen->mi->gen) == n->gen && gen_valid(n->gen) &&
	       !stage_shown(n->gen->mi);
}

const struct dentry_operations crfs_dentry_ops = {
	.d_revalidate = crfs_revalidate,
};

/* ---- directories ---- */

/*
 * The position is the number of the last entry told, plus 2: numbers grow in this order, so
 * seeking needs no list. A generation is held from open to release, so that one listing is of
 * one.
 */
static int dir_open(struct inode *inode, struct file *file)
{
	struct gen *g;

	if (!node_of(inode) && stage_open_root(inode, file))
		return 0;
	if (node_of(inode)) {
		g = node_of(inode)->gen;
		if (!may_look())
			return -EPERM;
		if (!gen_valid(g))
			return -ESTALE;
		kref_get(&g->ref);
	} else {
		g = gen_get(info_of(inode->i_sb));
		if (IS_ERR(g))
			return PTR_ERR(g);
	}
	file->private_data = g;
	return 0;
}

static int dir_release(struct inode *inode, struct file *file)
{
	gen_put(file->private_data);
	return 0;
}

static int dir_iterate(struct file *file, struct dir_context *ctx)
{
	struct cnode *dir = node_of(file_inode(file)), *n;
	struct gen *g = file->private_data;

	if (!dir_emit_dots(file, ctx))
		return 0;
	if (!g)
		return 0;
	if (!gen_valid(g))
		return -ESTALE;
	n = dir ? dir->child : g->tree.root->child;
	while (n && n->ino + 2 <= ctx->pos)
		n = n->next;
	for (; n; n = n->next) {
		if (!dir_emit(ctx, n->name, strlen(n->name), n->ino,
			      n->kind == NODE_DIR ? DT_DIR : DT_REG))
			return 0;
		ctx->pos = n->ino + 2;
	}
	return 0;
}

static loff_t dir_llseek(struct file *file, loff_t pos, int whence)
{
	if (whence == SEEK_CUR)
		pos += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (pos < 0)
		return -EINVAL;
	file->f_pos = pos;
	return pos;
}

static const struct file_operations dir_fops = {
	.owner = THIS_MODULE,
	.open = dir_open,
	.release = dir_release,
	.iterate_shared = dir_iterate,
	.llseek = dir_llseek,
	.read = generic_read_dir,
};

/* Its mode says whether it can be written to. */
static int root_getattr(crfs_idmap *idmap, const struct path *path, struct kstat *st, u32 mask,
			unsigned int flags)
{
	int rc = simple_getattr(idmap, path, st, mask, flags);

	if (!stage_shown(info_of(path->dentry->d_sb)))
		st->mode &= ~0200;
	return rc;
}

static const struct inode_operations root_iops = {
	.lookup = root_lookup,
	.create = stage_create,
	.mkdir = stage_mkdir,
	.unlink = stage_unlink,
	.rmdir = stage_rmdir,
	.rename = stage_rename,
	.link = stage_link,
	.setattr = stage_setattr_root,
	.getattr = root_getattr,
};

static const struct inode_operations dir_iops = {
	.lookup = dir_lookup,
	.setattr = view_setattr,
};

static const struct inode_operations ctl_dir_iops = {
	.lookup = ctl_lookup,
};

static const struct inode_operations file_iops = {
	.setattr = view_setattr,
};

struct inode *crfs_root_inode(struct super_block *sb)
{
	struct timespec64 ts;
	struct inode *inode;

	ktime_get_real_ts64(&ts);
	inode = inode_new(sb, INO_ROOT, S_IFDIR | 0700, ts);
	if (!inode)
		return NULL;
	inode->i_op = &root_iops;
	inode->i_fop = &dir_fops;
	return inode;
}

const struct super_operations crfs_super_ops = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = crfs_evict_inode,
};
