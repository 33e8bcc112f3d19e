// SPDX-License-Identifier: GPL-2.0-only
/* Directories, and how far they have been read; removed ones are inodes. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include <crfs/res/fd/dir.h>

#include "internal.h"

static bool dir_match(const struct cfile *f)
{
	return S_ISDIR(f->st.mode) && !(f->flags & O_PATH) && *f->link == '/';
}

/** struct any - has one entry been met? */
struct any {
	struct dir_context ctx;
	bool met;
};

static bool meet(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	container_of(ctx, struct any, ctx)->met = true;
	return false;
}

static bool more_to_read(struct snap *s, const struct cfile *f)
{
	struct any any = { .ctx.actor = meet };
	struct file *file = dentry_open(&f->file->f_path, O_RDONLY | O_DIRECTORY | O_NOATIME, current_cred());

	if (snap_tried(s, PTR_ERR_OR_ZERO(file)))
		return false;
	if (vfs_llseek(file, f->file->f_pos, SEEK_SET) >= 0)
		snap_tried(s, iterate_dir(file, &any.ctx));
	fput(file);
	return any.met;
}

/* A tmpfs that travels is filled anew: its entries stand in another order then. Behind the dots all are to come. */
static void name_half_read(struct snap *s, const struct cfile *f)
{
	if (f->file->f_pos > 2 && tmpfs_carried(s, f->file->f_path.dentry->d_sb) && more_to_read(s, f))
		snap_lost(s, file_obj(s, f), "how far %s has been read, whose entries come back in another order",
			  f->link);
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
		if (!s->live)
			name_half_read(s, f);
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
