// SPDX-License-Identifier: GPL-2.0-only
/* Places opened with O_PATH. */
#include <linux/stat.h>

#include <crfs/res/fd/opath.h>

#include "internal.h"

static bool opath_match(const struct cfile *f)
{
	return f->flags & O_PATH;
}

static int gone(struct snap *s, struct cfile *f, const struct place *p, struct crfs_fd_opath *r)
{
	struct cinode *n;

	if (!S_ISREG(f->st.mode) && !S_ISDIR(f->st.mode)) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s: an O_PATH descriptor of what is deleted and neither file nor directory: let the program close it",
				 f->link);
		return 0;
	}
	n = S_ISDIR(f->st.mode) ? ghost_dir(s, &f->file->f_path, p) : ghost(s, f->file, p);
	if (IS_ERR_OR_NULL(n))
		return n ? PTR_ERR(n) : -ENOMEM;
	r->inode = n->id;
	return 0;
}

static int opath_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct crfs_fd_opath r = { .mode = f->st.mode & S_IFMT };
	struct place p;
	int rc = file_place(s, f, &p);

	if (!rc && p.gone)
		rc = gone(s, f, &p, &r);
	if (rc < 0)
		return rc;
	if (!r.inode) {
		r.path = p.path;
		r.mnt_ns = p.mnt_ns;
	}
	text_section(out, &crfs_fd_opath_shape);
	text_rec(out, &crfs_fd_opath_shape, &r);
	return 0;
}

const struct room res_fd_opath = {
	.name = "opath",
	.scope = PER_FILE,
	.match = opath_match,
	.read = opath_read,
};
