// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: everything that changes names and attributes.
 *
 * Most of this runs with directories locked, and the helper that restores looks into these
 * directories: so nothing here waits for it (it is EBUSY), and what completes the tree starts the
 * restore on the way back to user space (trigger_later()).
 */
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "stage.h"
#include "stage_pages.h"

struct dentry *stage_lookup(struct inode *dir, struct dentry *dentry)
{
	struct stage *st = stage_of(dir->i_sb);
	struct inode *inode = NULL;
	struct snode *parent, *n;

	if (dentry->d_name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	mutex_lock(&st->lock);
	parent = stage_dir(st, dir);
	n = parent ? stage_find(st, parent, dentry->d_name.name, dentry->d_name.len) : NULL;
	if (n) {
		inode = n->inode;
		ihold(inode);
	}
	mutex_unlock(&st->lock);
	return parent ? d_splice_alias(inode, dentry) : ERR_PTR(-ESTALE);
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return stage_lookup(dir, dentry);
}

/* -1: not one of ours; else whether the name still leads there, for this process. */
int stage_revalidate(struct dentry *dentry, const struct inode *inode)
{
	struct stage *st;
	bool good;

	if (inode->i_ino < INO_STAGE || !inode->i_op ||
	    (inode->i_op != &stage_dir_iops && inode->i_op != &stage_file_iops))
		return -1;
	st = sfile_of(inode)->st;
	mutex_lock(&st->lock);
	good = stage_look(st) && !list_empty(&sfile_of(inode)->names);
	mutex_unlock(&st->lock);
	return good;
}

/*
 * The lock is held on success. A directory may also come after the restore: no manifest names it,
 * so a tool may make an empty one last.
 */
static int begin(struct stage *st, bool late)
{
	int rc = 0;

	if (!may_restore(st->mi))
		return -EPERM;
	mutex_lock(&st->lock);
	if (st->busy)
		rc = -EBUSY;
	else if (!stage_look(st) || (st->over && !late))
		rc = -EROFS;
	if (rc)
		mutex_unlock(&st->lock);
	else if (!st->over)
		stage_wrote(st);
	return rc;
}

/* What is called .crfs in the root is ours. */
static bool is_ctl(const struct inode *dir, const struct qstr *name)
{
	return dir == d_inode(dir->i_sb->s_root) && name->len == 5 && !memcmp(name->name, ".crfs", 5);
}

static struct sfile *new_sfile(const struct snode *parent, umode_t mode)
{
	struct sfile *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return NULL;
	INIT_LIST_HEAD(&f->names);
	if (S_ISDIR(mode) || !spages_here(parent))
		return f;
	f->own = spages_new();
	if (f->own)
		return f;
	kfree(f);
	return NULL;
}

static void use_page_cache(struct inode *inode)
{
	inode->i_fop = &stage_fops;
	inode->i_mapping->a_ops = &ram_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_HIGHUSER);
	mapping_set_unevictable(inode->i_mapping);
}

static struct inode *new_file(struct stage *st, struct inode *dir, const struct snode *parent, umode_t mode)
{
	struct sfile *f = new_sfile(parent, mode);
	struct inode *inode = f ? new_inode(st->sb) : NULL;

	if (!inode) {
		if (f)
			spages_free(f->own);
		kfree(f);
		return NULL;
	}
	f->st = st;
	f->inode = inode;
	inode->i_private = f;
	inode->i_ino = INO_STAGE + ++st->ino;
	inode_init_owner(crfs_nop_idmap, inode, dir, mode);
	crfs_inode_time(inode, current_time(inode));
	inode->i_op = S_ISDIR(mode) ? &stage_dir_iops : &stage_file_iops;
	if (S_ISDIR(mode)) {
		inode->i_fop = &stage_dir_fops;
		set_nlink(inode, 2);
		return inode;
	}
	if (f->own)
		inode->i_fop = &stage_pages_fops;
	else
		use_page_cache(inode);
	return inode;
}

static int make(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct stage *st = stage_of(dir->i_sb);
	int rc = begin(st, S_ISDIR(mode));
	struct inode *inode;
	struct snode *parent;

	if (rc)
		return rc;
	parent = stage_dir(st, dir);
	inode = parent ? new_file(st, dir, parent, mode) : NULL;
	if (is_ctl(dir, &dentry->d_name))
		rc = -EPERM;
	else if (!parent)
		rc = -ESTALE;
	else if (!inode)
		rc = -ENOMEM;
	else
		rc = stage_add(st, parent, &dentry->d_name, inode);
	mutex_unlock(&st->lock);
	if (rc)
		iput(inode);
	else
		d_instantiate(dentry, inode);
	return rc;
}

/* Nothing in a checkpoint is run: nobody's ids to keep. */
int stage_create(crfs_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return make(dir, dentry, S_IFREG | (mode & 01777));
}

int stage_mkdir(crfs_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return make(dir, dentry, S_IFDIR | (mode & 01777));
}

/* Out of the tree, whatever it was there; the inode may still be open. */
static void take_out(struct stage *st, struct snode *n)
{
	trigger_unnamed(st, n);
	if (S_ISDIR(n->inode->i_mode))
		clear_nlink(n->inode);
	else
		drop_nlink(n->inode);
	stage_remove(st, n);
}

static int take_away(struct inode *dir, struct dentry *dentry)
{
	struct stage *st = stage_of(dir->i_sb);
	struct snode *parent, *n;
	int rc = begin(st, false);

	if (rc)
		return rc;
	parent = stage_dir(st, dir);
	n = parent ? stage_find(st, parent, dentry->d_name.name, dentry->d_name.len) : NULL;
	if (!n)
		rc = -ESTALE;
	else if (!list_empty(&n->children))
		rc = -ENOTEMPTY;
	if (!rc) {
		take_out(st, n);
		trigger_later(st, 0);
	}
	mutex_unlock(&st->lock);
	return rc;
}

int stage_unlink(struct inode *dir, struct dentry *dentry)
{
	if (d_inode(dentry)->i_op != &stage_file_iops)
		return d_inode(dentry)->i_ino >= INO_STAGE ? -EPERM : -EROFS;
	return take_away(dir, dentry);
}

int stage_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (d_inode(dentry)->i_op != &stage_dir_iops)
		return d_inode(dentry)->i_ino >= INO_STAGE ? -EPERM : -EROFS;
	return take_away(dir, dentry);
}

/* It has its new name: whatever that means to the manifest begins now. */
static int moved(struct stage *st, struct snode *n)
{
	if (S_ISDIR(n->inode->i_mode))
		return trigger_moved(st);
	return sfile_of(n->inode)->complete ? trigger_named(st, n) : 0;
}

static int move(struct stage *st, struct snode *from, struct snode *dir, struct dentry *dentry)
{
	struct snode *to = stage_find(st, dir, dentry->d_name.name, dentry->d_name.len);
	int rc;

	if (to == from)
		return 0;
	if (to && !list_empty(&to->children))
		return -ENOTEMPTY;
	if (to)
		take_out(st, to);
	trigger_unnamed(st, from);
	rc = stage_move(st, from, dir, &dentry->d_name);
	if (!rc)
		trigger_later(st, moved(st, from));
	return rc;
}

int stage_rename(crfs_idmap *idmap, struct inode *old_dir, struct dentry *old_dentry,
		 struct inode *new_dir, struct dentry *new_dentry, unsigned int flags)
{
	struct stage *st = stage_of(old_dir->i_sb);
	struct snode *dir, *to, *from = NULL;
	int rc;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (is_ctl(old_dir, &old_dentry->d_name) || is_ctl(new_dir, &new_dentry->d_name))
		return -EPERM;
	rc = begin(st, false);
	if (rc)
		return rc;
	dir = stage_dir(st, old_dir);
	to = stage_dir(st, new_dir);
	if (dir)
		from = stage_find(st, dir, old_dentry->d_name.name, old_dentry->d_name.len);
	rc = from && to ? move(st, from, to, new_dentry) : -ESTALE;
	mutex_unlock(&st->lock);
	return rc;
}

static struct snode *last_name(const struct inode *inode)
{
	return list_last_entry(&sfile_of(inode)->names, struct snode, same);
}

/* What tools want of it is link and unlink: the name it was made under is one too many, so far. */
int stage_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct stage *st = stage_of(dir->i_sb);
	struct inode *inode = d_inode(old_dentry);
	struct snode *parent;
	int rc;

	if (inode->i_op != &stage_file_iops || is_ctl(dir, &dentry->d_name))
		return -EPERM;
	rc = begin(st, false);
	if (rc)
		return rc;
	parent = stage_dir(st, dir);
	rc = parent ? stage_add(st, parent, &dentry->d_name, inode) : -ESTALE;
	if (!rc) {
		inc_nlink(inode);
		ihold(inode);
		if (sfile_of(inode)->complete)
			trigger_later(st, trigger_named(st, last_name(inode)));
	}
	mutex_unlock(&st->lock);
	if (!rc)
		d_instantiate(dentry, inode);
	return rc;
}

static int resize(struct stage *st, struct inode *inode, loff_t size)
{
	struct sfile *f = sfile_of(inode);
	int rc = begin(st, false);

	if (rc)
		return rc;
	if (size == i_size_read(inode) && f->complete)
		goto out;
	rc = -ENOSPC;
	if (!stage_room(st, f, size))
		goto out;
	trigger_undone(st, f);
	stage_truncate(inode, size);
	if (f->charged > PAGE_ALIGN(size)) {
		atomic64_sub(f->charged - PAGE_ALIGN(size), &st->used);
		f->charged = PAGE_ALIGN(size);
	}
	rc = 0;
	if (f->writers)
		f->changed = true;
	else
		trigger_later(st, trigger_done(st, f));
out:
	mutex_unlock(&st->lock);
	return rc;
}

/* Times, owners and modes mean nothing to the restore and do not wait for it. */
static int stage_setattr(crfs_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct stage *st = stage_of(inode->i_sb);
	struct snode *n;
	int rc = setattr_prepare(idmap, dentry, attr);

	if (rc)
		return rc;
	if (attr->ia_valid & ATTR_SIZE && attr->ia_size != i_size_read(inode)) {
		rc = resize(st, inode, attr->ia_size);
		if (rc)
			return rc;
	}
	if (attr->ia_valid & ATTR_MODE)
		attr->ia_mode &= S_IFMT | 01777;
	setattr_copy(idmap, inode, attr);
	if (S_ISDIR(inode->i_mode) && attr->ia_valid & ATTR_MTIME) {
		mutex_lock(&st->lock);
		n = stage_dir(st, inode);
		if (n)
			trigger_finished(st, n);
		mutex_unlock(&st->lock);
	}
	return 0;
}

/* The root belongs to whoever mounted it; tools set its times when they are done. */
int stage_setattr_root(crfs_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct stage *st = stage_of(dentry->d_sb);
	int rc = setattr_prepare(idmap, dentry, attr);

	if (rc)
		return rc;
	mutex_lock(&st->lock);
	if (attr->ia_valid & ATTR_MTIME && stage_look(st))
		trigger_finished(st, &st->root);
	mutex_unlock(&st->lock);
	return 0;
}

const struct inode_operations stage_dir_iops = {
	.lookup = dir_lookup,
	.create = stage_create,
	.mkdir = stage_mkdir,
	.unlink = stage_unlink,
	.rmdir = stage_rmdir,
	.rename = stage_rename,
	.link = stage_link,
	.setattr = stage_setattr,
};

const struct inode_operations stage_file_iops = {
	.setattr = stage_setattr,
	.getattr = simple_getattr,
};

/* ---- listing ---- */

/* Is the root, which is opened to be listed, the stage's? Then it is. */
bool stage_open_root(struct inode *inode, struct file *file)
{
	struct stage *st = stage_of(inode->i_sb);
	bool shown;

	mutex_lock(&st->lock);
	shown = stage_look(st);
	if (shown && st->over) {
		stage_leave(st);
		shown = false;
	}
	mutex_unlock(&st->lock);
	if (shown)
		file->f_op = &stage_dir_fops;	/* of the same module */
	return shown;
}

/* The position is the number of the last entry told, plus 2. */
static int dir_iterate(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	struct stage *st = stage_of(inode->i_sb);
	struct snode *dir, *n;

	if (!dir_emit_dots(file, ctx))
		return 0;
	mutex_lock(&st->lock);
	dir = stage_dir(st, inode);
	if (dir)
		list_for_each_entry(n, &dir->children, sibling) {
			if (n->seq + 2 <= ctx->pos)
				continue;
			if (!dir_emit(ctx, n->name, n->len, n->inode->i_ino,
				      S_ISDIR(n->inode->i_mode) ? DT_DIR : DT_REG))
				break;
			ctx->pos = n->seq + 2;
		}
	mutex_unlock(&st->lock);
	return dir ? 0 : -ESTALE;
}

const struct file_operations stage_dir_fops = {
	.owner = THIS_MODULE,
	.iterate_shared = dir_iterate,
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.fsync = noop_fsync,
};
