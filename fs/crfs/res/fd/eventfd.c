// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd(2): its counter, and whether it is a semaphore, which fdinfo tells since 6.5.
 * Before, it is refused as the FUSE filesystem does: struct eventfd_ctx is private.
 */
#include <crfs/res/fd/eventfd.h>

#include "internal.h"

static bool eventfd_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[eventfd]");
}

static int eventfd_room_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_eventfd r = { .count = 0 };
	struct text info = { .failed = false };
	struct cfile *f = obj;
	u64 count = 0, semaphore = 0;
	int rc = show_fdinfo(f->file, &info);

	if (!rc && (!info_num(&info, "eventfd-count", 16, &count) ||
		    !info_num(&info, "eventfd-semaphore", 10, &semaphore)))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "eventfd: this kernel does not say whether it is a semaphore: Linux 6.5 does");
	text_done(&info, out);
	r.count = count;
	r.semaphore = semaphore;
	text_section(out, &crfs_fd_eventfd_shape);
	text_rec(out, &crfs_fd_eventfd_shape, &r);
	return rc;
}

const struct room res_fd_eventfd = {
	.name = "eventfd",
	.scope = PER_FILE,
	.match = eventfd_match,
	.read = eventfd_room_read,
};
