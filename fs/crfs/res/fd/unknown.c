// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no other room takes: refused by name, with the link that /proc shows. Of sockets and
 * terminals the FUSE filesystem carries some.
 */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/stat.h>

#include <crfs/res/fd/unknown.h>

#include "internal.h"

static bool unknown_match(const struct cfile *f)
{
	return true;
}

static bool is_tty(const struct cfile *f)
{
	unsigned int major = MAJOR(f->st.rdev);

	return S_ISCHR(f->st.mode) && (major == 5 || (major >= 136 && major <= 143));
}

static int unknown_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct crfs_fd_unknown r = { .what = str_of(f->link) };

	if (S_ISSOCK(f->st.mode))
		return not_yet(s, f, "sockets", out);
	if (is_tty(f))
		return not_yet(s, f, "terminals", out);
	if (S_ISCHR(f->st.mode) || S_ISBLK(f->st.mode))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s, %s device %u:%u, has state that cannot be carried: let the program close it",
				 f->link, S_ISCHR(f->st.mode) ? "character" : "block",
				 MAJOR(f->st.rdev), MINOR(f->st.rdev));
	else
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s cannot be carried: let the program close it", f->link);
	text_section(out, &crfs_fd_unknown_shape);
	text_rec(out, &crfs_fd_unknown_shape, &r);
	return 0;
}

const struct room res_fd_unknown = {
	.name = "unknown",
	.scope = PER_FILE,
	.match = unknown_match,
	.read = unknown_read,
};
