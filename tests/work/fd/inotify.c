// SPDX-License-Identifier: GPL-2.0-or-later
/* Inotify: watches with their numbers and masks, on a file, a directory and a deleted one; an event that was not read. */
#include <sys/inotify.h>

#include "tests/work/work.h"

static int next(int fd, int *wd, uint32_t *mask, char *name)
{
	char buf[sizeof(struct inotify_event) + 256] __attribute__((aligned(8)));
	static char left[8192] __attribute__((aligned(8)));
	static ssize_t len, off;
	struct inotify_event *e;

	if (off >= len) {
		len = read(fd, left, sizeof(left));
		off = 0;
		if (len <= 0)
			return 0;
	}
	e = (void *)(left + off);
	off += sizeof(*e) + e->len;
	*wd = e->wd;
	*mask = e->mask;
	snprintf(name, 64, "%.60s", e->len ? e->name : "");
	(void)buf;
	return 1;
}

/* With "chroot" its root is where it is; with another argument an event is in the queue already. */
int main(int argc, char **argv)
{
	int fd = inotify_init1(IN_NONBLOCK), dir, file, skip, wd, held, quiet;
	ssize_t n;
	uint32_t mask;
	char name[64], all[4096];

	CHECK(fd >= 0);
	if (argc > 1 && !strcmp(argv[1], "chroot")) {
		CHECK(chroot(".") == 0 && chdir("/") == 0);
		argc = 1;
	}
	mkdir("watched", 0700);
	close(open("watched/file", O_CREAT | O_WRONLY, 0600));
	close(open("skipped", O_CREAT | O_WRONLY, 0600));
	skip = inotify_add_watch(fd, "skipped", IN_OPEN);
	CHECK(skip > 0 && inotify_rm_watch(fd, skip) == 0);
	dir = inotify_add_watch(fd, "watched", IN_CREATE | IN_DELETE | IN_MOVE);
	file = inotify_add_watch(fd, "watched/file", IN_MODIFY);
	CHECK(dir == skip + 1 && file == skip + 2);
	CHECK(next(fd, &wd, &mask, name) && mask == IN_IGNORED);
	/* that a restore opens what is open is not told */
	held = open("watched/held", O_CREAT | O_RDWR, 0600);
	CHECK(held >= 0 && ftruncate(held, 4096) == 0 && open("watched", O_RDONLY) >= 0);
	CHECK(next(fd, &wd, &mask, name) && mask == IN_CREATE);
	quiet = inotify_init1(IN_NONBLOCK);
	CHECK(inotify_add_watch(quiet, "watched", IN_ALL_EVENTS) == 1);
	CHECK(inotify_add_watch(quiet, "watched/held", IN_ALL_EVENTS) == 2);
	if (argc > 1)
		close(open("watched/queued", O_CREAT | O_WRONLY, 0600));

	work_ready();

	n = read(quiet, all, sizeof(all));
	if (argc == 1)
		CHECK(n < 0 && errno == EAGAIN);
	else
		CHECK_EQ(n, 3 * (sizeof(struct inotify_event) + 16));	/* made, opened and closed */
	if (argc == 1)
		close(open("watched/queued", O_CREAT | O_WRONLY, 0600));
	CHECK(next(fd, &wd, &mask, name));
	CHECK(wd == dir && mask == IN_CREATE);
	CHECK_STR(name, "queued");
	(void)argv;
	CHECK(!next(fd, &wd, &mask, name));
	int f = open("watched/file", O_WRONLY);

	CHECK(f >= 0 && write(f, "x", 1) == 1);
	CHECK(next(fd, &wd, &mask, name));
	CHECK_EQ(wd, file);
	CHECK_EQ(mask, IN_MODIFY);
	CHECK(unlink("watched/queued") == 0);
	CHECK(next(fd, &wd, &mask, name));
	CHECK(wd == dir && mask == IN_DELETE);
	CHECK_EQ(inotify_add_watch(fd, "skipped", IN_OPEN), file + 1);
	work_pass();
}
