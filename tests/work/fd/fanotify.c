// SPDX-License-Identifier: GPL-2.0-or-later
/* fanotify: marks on a directory, a file that is not to be told of, a mount, a filesystem; and events. */
#include <sys/fanotify.h>
#include <sys/ioctl.h>

#include "tests/work/work.h"

static bool event(int fd, uint64_t mask)
{
	char buf[4096];
	const struct fanotify_event_metadata *m = (void *)buf;
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < (ssize_t)sizeof(*m))
		return false;
	if (m->fd >= 0)
		close(m->fd);
	return m->mask & mask;
}

/* Nobody opens that file; whoever did would wait. */
static void permission(void)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY);

	CHECK(fd >= 0 && close(open("asked", O_CREAT | O_RDWR, 0600)) == 0);
	CHECK(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "asked") == 0);
	work_ready();
	CHECK(!event(fd, ~0));
	work_pass();
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		permission();
	int names = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_NONBLOCK | FAN_CLOEXEC,
				  O_RDONLY | O_LARGEFILE);
	int files = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_UNLIMITED_MARKS, O_RDWR | O_NOATIME);
	int opened = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY);
	int fd, n;

	if (names < 0 || files < 0 || opened < 0)
		work_skip("no fanotify");
	CHECK(mkdir("watched", 0700) == 0 || errno == EEXIST);
	fd = open("quiet", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK(fanotify_mark(names, FAN_MARK_ADD, FAN_CREATE | FAN_DELETE | FAN_ONDIR, AT_FDCWD, "watched") == 0);
	CHECK(fanotify_mark(files, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, "quiet") == 0);
	CHECK(fanotify_mark(files, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
			    FAN_MODIFY, AT_FDCWD, "quiet") == 0);
	CHECK(fanotify_mark(files, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_EXEC, AT_FDCWD, "/sys") == 0);
	CHECK(fanotify_mark(names, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, AT_FDCWD, ".") == 0);
	/* that a restore opens what is open is not told */
	CHECK(open("watched", O_RDONLY) >= 0 && open("held", O_RDWR | O_CREAT, 0600) >= 0);
	CHECK(fanotify_mark(opened, FAN_MARK_ADD, FAN_OPEN | FAN_ONDIR, AT_FDCWD, "watched") == 0);
	CHECK(fanotify_mark(opened, FAN_MARK_ADD, FAN_OPEN | FAN_ACCESS, AT_FDCWD, "held") == 0);

	work_ready();

	CHECK(!event(names, ~0) && !event(opened, ~0));
	CHECK(close(open("held", O_RDONLY)) == 0);
	CHECK(event(opened, FAN_OPEN));
	CHECK(mkdir("watched/a", 0700) == 0);
	CHECK(event(names, FAN_CREATE));
	CHECK(write(fd, "x", 1) == 1);
	CHECK(!event(files, ~0));
	CHECK(fanotify_mark(files, FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, FAN_MODIFY, AT_FDCWD, "quiet") == 0);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(event(files, FAN_MODIFY));
	CHECK(fanotify_mark(files, FAN_MARK_REMOVE | FAN_MARK_MOUNT, FAN_OPEN_EXEC, AT_FDCWD, "/sys") == 0);
	CHECK(fanotify_mark(names, FAN_MARK_REMOVE | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, AT_FDCWD, ".") == 0);
	CHECK(rmdir("watched/a") == 0 && rmdir("watched") == 0);
	CHECK(ioctl(names, FIONREAD, &n) == 0 && n > 0);
	work_pass();
}
