// SPDX-License-Identifier: GPL-2.0-only
/* /dev/null, zero, full, random and urandom, which have no state; kmsg has none for who only writes to it. */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/stat.h>

#include <crfs/res/fd/chardev.h>

#include "internal.h"

static bool chardev_match(const struct cfile *f)
{
	unsigned int n = MINOR(f->st.rdev);

	return S_ISCHR(f->st.mode) && !(f->flags & O_PATH) && MAJOR(f->st.rdev) == MEM_MAJOR &&
	       (n == 3 || n == 5 || n == 7 || n == 8 || n == 9 ||
		(n == 11 && (f->flags & O_ACCMODE) == O_WRONLY));
}

static int chardev_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct crfs_fd_chardev r = { .major = MAJOR(f->st.rdev), .minor = MINOR(f->st.rdev) };
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (p.gone)
		snap_unsupported(s, -ENOENT, file_obj(s, f),
				 "%s: the device file is gone: make it again", f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	text_section(out, &crfs_fd_chardev_shape);
	text_rec(out, &crfs_fd_chardev_shape, &r);
	locks_read(s, f, out);
	return 0;
}

const struct room res_fd_chardev = {
	.name = "chardev",
	.scope = PER_FILE,
	.locks = true,
	.match = chardev_match,
	.read = chardev_read,
};
