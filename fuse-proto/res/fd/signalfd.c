// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * signalfd(2): which signals it reads. The signals themselves are those of whoever reads.
 *
 * From fdinfo: sigmask (Linux 3.8). Nothing is lost.
 */
#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/fd/signalfd.h>

#include "fdroom.h"
#include "rooms.h"

static bool signalfd_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[signalfd]");
}

static int signalfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_signalfd r;
	struct file *f = obj;
	uint64_t mask;

	if (!file_info_num(f, "sigmask", 16, &mask))
		return fail_on(s->err, -EIO, file_obj(s, f), "fdinfo has no sigmask");
	r.mask = mask;
	text_section(out, &crfs_fd_signalfd_shape);
	text_rec(out, &crfs_fd_signalfd_shape, &r);
	return 0;
}

static int signalfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_signalfd *r = image_rec(o, &res_fd_signalfd, 0);
	int fd = syscall(SYS_signalfd4, -1, &r->mask, sizeof(r->mask), SFD_CLOEXEC);

	return fd < 0 ? fail_on(rs->err, -errno, o->path, "signalfd4") : file_made(rs, o, fd);
}

const struct resource res_fd_signalfd = {
	.name = "signalfd",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_signalfd_shape, NULL },
	.match = signalfd_match,
	.read = signalfd_read,
	.make = signalfd_make,
};
