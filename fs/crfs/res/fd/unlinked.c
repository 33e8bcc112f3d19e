// SPDX-License-Identifier: GPL-2.0-only
/* Regular files without a name: unlinked, or made with O_TMPFILE. Their content is an inode. */
#include <linux/stat.h>

#include <crfs/res/fd/unlinked.h>

#include "internal.h"

static bool unlinked_match(const struct cfile *f)
{
	return file_plain(f) && !f->st.nlink;
}

static int unlinked_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unlinked r;
	struct cfile *f = obj;
	struct cinode *n;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (file_leased(f))	/* at the restore others, too, have the file open for a while */
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a lease on an unlinked file: let the program release it");
	n = ghost(s, f->file, &p);
	if (IS_ERR(n))
		return PTR_ERR(n);
	r.inode = n->id;
	text_section(out, &crfs_fd_unlinked_shape);
	text_rec(out, &crfs_fd_unlinked_shape, &r);
	locks_read(s, f, out);
	return 0;
}

const struct room res_fd_unlinked = {
	.name = "unlinked",
	.scope = PER_FILE,
	.locks = true,
	.match = unlinked_match,
	.read = unlinked_read,
};
