// SPDX-License-Identifier: GPL-2.0-only
/* The slave of a pseudoterminal whose master was closed; its file operations are the hung up ones. */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/stat.h>
#include <linux/tty.h>

#include <crfs/res/fd/hungup.h>

#include "internal.h"

static bool hungup_match(const struct cfile *f)
{
	return S_ISCHR(f->st.mode) && !(f->flags & O_PATH) && MAJOR(f->st.rdev) == 136 &&
	       tty_hung_up_p(f->file);
}

static int hungup_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_hungup r = { .mnt_ns = 0 };
	struct cfile *f = obj;
	struct place p;
	int rc = file_place(s, f, &p);

	if (rc < 0)
		return rc;
	if (!rc && !p.gone)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s was hung up when its session ended, while its master lives: let the program close it",
				 f->link);
	r.path = p.path;
	r.mnt_ns = p.mnt_ns;
	text_section(out, &crfs_fd_hungup_shape);
	text_rec(out, &crfs_fd_hungup_shape, &r);
	return 0;
}

const struct room res_fd_hungup = {
	.name = "hungup",
	.scope = PER_FILE,
	.match = hungup_match,
	.read = hungup_read,
};
