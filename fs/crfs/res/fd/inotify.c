// SPDX-License-Identifier: GPL-2.0-only
/* inotify(7): refused by name, for now. */
#include "internal.h"

static bool inotify_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:inotify");
}

static int inotify_read(struct snap *s, void *obj, struct text *out)
{
	return not_yet(s, obj, "inotify", out);
}

const struct room res_fd_inotify = {
	.name = "unknown",
	.scope = PER_FILE,
	.match = inotify_match,
	.read = inotify_read,
};
