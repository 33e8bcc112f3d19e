// SPDX-License-Identifier: GPL-2.0-only
/* Directories, and how far they have been read; removed ones are inodes. */
#include <linux/stat.h>

#include <crfs/res/fd/dir.h>

#include "internal.h"

static bool dir_match(const struct cfile *f)
{
	return S_ISDIR(f->st.mode) && !(f->flags & O_PATH) && *f->link == '/';
}

static int dir_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_dir r = { .inode = 0 };
	struct cfile *f = obj;
	struct cinode *n;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (p.gone) {
		n = ghost_dir(s, &f->file->f_path, &p);
		if (!n)
			return -ENOMEM;
		r.inode = n->id;
	} else {
		r.path = p.path;
		r.mnt_ns = p.mnt_ns;
	}
	text_section(out, &crfs_fd_dir_shape);
	text_rec(out, &crfs_fd_dir_shape, &r);
	locks_read(s, f, out);
	return 0;
}

const struct room res_fd_dir = {
	.name = "dir",
	.scope = PER_FILE,
	.locks = true,
	.match = dir_match,
	.read = dir_read,
};
