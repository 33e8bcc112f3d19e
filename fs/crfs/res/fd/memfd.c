// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of a memfd; the file, its pages and its seals are an inode. */
#include <linux/stat.h>

#include <crfs/res/fd/memfd.h>

#include "internal.h"

static bool memfd_match(const struct cfile *f)
{
	return S_ISREG(f->st.mode) && !(f->flags & O_PATH) && file_is_memfd(f->file, f->link);
}

static int memfd_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct file *own = file_reopen(f->file);
	struct crfs_fd_memfd r;
	struct cinode *n;

	if (IS_ERR(own))
		return PTR_ERR(own);
	n = snap_inode(s, &res_inode_memfd, file_inode(f->file), own);
	if (!n)
		return -ENOMEM;
	r.inode = n->id;
	text_section(out, &crfs_fd_memfd_shape);
	text_rec(out, &crfs_fd_memfd_shape, &r);
	return 0;
}

const struct room res_fd_memfd = {
	.name = "memfd",
	.scope = PER_FILE,
	.match = memfd_match,
	.read = memfd_read,
};
