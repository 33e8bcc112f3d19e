// SPDX-License-Identifier: GPL-2.0-only
/* signalfd(2): which signals it reads, bit 0 being signal 1. */
#include <crfs/res/fd/signalfd.h>

#include "internal.h"

static bool signalfd_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[signalfd]");
}

static int signalfd_read(struct snap *s, void *obj, struct text *out)
{
	struct text info = { .failed = false };
	struct crfs_fd_signalfd r;
	struct cfile *f = obj;
	u64 mask;
	int rc = show_fdinfo(f->file, &info);

	if (!rc && !info_num(&info, "sigmask", 16, &mask))
		rc = -EIO;
	text_done(&info, out);
	if (rc)
		return rc;
	r.mask = mask;
	text_section(out, &crfs_fd_signalfd_shape);
	text_rec(out, &crfs_fd_signalfd_shape, &r);
	return 0;
}

const struct room res_fd_signalfd = {
	.name = "signalfd",
	.scope = PER_FILE,
	.match = signalfd_match,
	.read = signalfd_read,
};
