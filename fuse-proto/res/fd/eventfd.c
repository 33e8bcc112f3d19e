// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eventfd(2): a counter. From fdinfo: eventfd-count (Linux 3.8), eventfd-semaphore (6.5); without
 * the latter it cannot be told what a read would give, and it is refused. Nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <crfs/res/fd/eventfd.h>

#include "fdroom.h"
#include "rooms.h"

static bool eventfd_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[eventfd]");
}

static int eventfd_read_room(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_eventfd r = { .count = 0 };
	struct file *f = obj;
	uint64_t count = 0, semaphore = 0;

	if (!file_info_num(f, "eventfd-count", 16, &count) ||
	    !file_info_num(f, "eventfd-semaphore", 10, &semaphore))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "eventfd: this kernel does not say "
				 "whether it is a semaphore: Linux 6.5 does");
	r.count = count;
	r.semaphore = semaphore;
	text_section(out, &crfs_fd_eventfd_shape);
	text_rec(out, &crfs_fd_eventfd_shape, &r);
	return 0;
}

static void eventfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_eventfd *r = image_rec(o, &res_fd_eventfd, 0);

	if (r && r->count == UINT64_MAX)
		image_mismatch(im, -EINVAL, o->path, "a count of %llu: one more than it can hold", (unsigned long long)r->count);
}

/* eventfd2(2) takes 32 bits; the rest is added. */
static int eventfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_eventfd *r = image_rec(o, &res_fd_eventfd, 0);
	uint64_t rest = r->count > UINT32_MAX ? r->count : 0;
	int fd = eventfd(rest ? 0 : r->count, EFD_CLOEXEC | EFD_NONBLOCK |
			 (r->semaphore ? EFD_SEMAPHORE : 0));

	if (fd < 0)
		return fail_on(rs->err, -errno, o->path, "eventfd2");
	if (rest && write(fd, &rest, sizeof(rest)) != sizeof(rest)) {
		close(fd);
		return fail_on(rs->err, -EINVAL, o->path, "a count of %llu",
			       (unsigned long long)r->count);
	}
	return file_made(rs, o, fd);
}

const struct resource res_fd_eventfd = {
	.name = "eventfd",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_eventfd_shape, NULL },
	.match = eventfd_match,
	.read = eventfd_read_room,
	.check = eventfd_check,
	.make = eventfd_make,
};
