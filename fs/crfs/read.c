// SPDX-License-Identifier: GPL-2.0-only
/* Reading the files of a view. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "read.h"

static struct cnode *node_of(const struct file *file)
{
	return file_inode(file)->i_private;
}

ssize_t text_read(const char *text, size_t size, struct iov_iter *to, loff_t pos)
{
	size_t n;

	if (pos >= size)
		return 0;
	n = copy_to_iter(text + pos, min_t(size_t, size - pos, iov_iter_count(to)), to);
	return n ? n : -EFAULT;
}

/* Up to iov_iter_count() bytes of any file of a tree. @d: what is read is added to it, if its room can do that. */
ssize_t node_read(struct cnode *n, struct iov_iter *to, loff_t pos, struct digesting *d)
{
	int rc;

	if (pos >= n->size || !iov_iter_count(to))
		return 0;
	if (n == n->gen->manifest) {
		rc = manifest_make(n->gen);
		return rc ? rc : text_read(n->text, n->size, to, pos);
	}
	if (n->kind == NODE_TEXT)
		return text_read(n->text, n->size, to, pos);
	return n->ops->read(n, to, pos, d);
}

static ssize_t view_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct cnode *n = node_of(iocb->ki_filp);
	ssize_t got;

	if (!gen_valid(n->gen))
		return -ESTALE;
	if (iocb->ki_pos < n->size)
		iov_iter_truncate(to, n->size - iocb->ki_pos);
	got = digest_read(iocb->ki_filp->private_data, n, to, iocb->ki_pos);
	/* What was read while it ran is of no moment. */
	if (got > 0 && n->kind == NODE_PAYLOAD && !gen_valid(n->gen))
		return -ESTALE;
	if (got > 0)
		iocb->ki_pos += got;
	return got;
}

static loff_t view_llseek(struct file *file, loff_t pos, int whence)
{
	struct cnode *n = node_of(file);

	if ((whence != SEEK_DATA && whence != SEEK_HOLE) || !n->ops || !n->ops->hole)
		return generic_file_llseek(file, pos, whence);
	if (pos < 0 || pos >= n->size)
		return -ENXIO;
	if (!gen_valid(n->gen))
		return -ESTALE;
	pos = n->ops->hole(n, pos, whence == SEEK_DATA);
	return pos < 0 ? pos : vfs_setpos(file, pos, n->size);
}

/* Nobody writes to a view. Without memory for a digest there is none on the way. */
static int view_open(struct inode *inode, struct file *file)
{
	struct cnode *n = inode->i_private;
	struct digesting *d = NULL;

	if (file->f_mode & FMODE_WRITE)
		return -EROFS;
	if (!may_look())
		return -EPERM;
	if (n->kind == NODE_PAYLOAD && n->ops->digests && !digest_known(n))
		d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	file->private_data = d;
	return 0;
}

static int view_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

const struct file_operations crfs_view_fops = {
	.owner = THIS_MODULE,
	.open = view_open,
	.release = view_release,
	.read_iter = view_read_iter,
	.splice_read = crfs_splice_read,
	.llseek = view_llseek,
};
