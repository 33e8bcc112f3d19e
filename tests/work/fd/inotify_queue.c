// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Inotify events that were not read: of every kind, with names, cookies, watches that are gone; an overflow behind
 * them or among them. A second instance has the same watches, and is read at once: what it told must be in the first.
 */
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "tests/work/work.h"

#define MOST (4 << 20)
#define LONG_NAME "long.2345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
	"01234567890123456789012345678901234567890123456789012345678901"

/* The instance that is carried, and the one that is read. */
static int kept, seen;
static char was[MOST], is[MOST];
static size_t was_len;

static void in(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0700);

	CHECK(fd >= 0 && close(fd) == 0);
}

static int watch(const char *path, uint32_t mask)
{
	int wd = inotify_add_watch(kept, path, mask);

	CHECK(wd > 0);
	CHECK_EQ(inotify_add_watch(seen, path, mask), wd);
	return wd;
}

static void unwatch(int wd)
{
	CHECK(inotify_rm_watch(kept, wd) == 0 && inotify_rm_watch(seen, wd) == 0);
}

static size_t all_of(int fd, char *buf)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, buf + len, MOST - len)) > 0)
		len += n;
	CHECK(n < 0 && errno == EAGAIN);
	return len;
}

/* Cookies may be others, but are the same where they were the same. */
static void compare(void)
{
	static uint32_t cookies[2][1 << 16];
	size_t len = all_of(kept, is), at = 0, n = 0, i;

	CHECK_EQ(len, was_len);
	while (at < len) {
		struct inotify_event *a = (void *)(was + at), *b = (void *)(is + at);

		CHECK_EQ(b->wd, a->wd);
		CHECK_EQ(b->mask, a->mask);
		CHECK_EQ(b->len, a->len);
		CHECK(!memcmp(a->name, b->name, a->len));
		CHECK_EQ(!a->cookie, !b->cookie);
		if (a->cookie) {
			for (i = 0; i < n && cookies[0][i] != a->cookie; i++)
				;
			if (i < n)
				CHECK_EQ(b->cookie, cookies[1][i]);
			for (i = 0; i < n && cookies[1][i] != b->cookie; i++)
				;
			if (i < n)
				CHECK_EQ(a->cookie, cookies[0][i]);
			CHECK(n < 1 << 16);
			cookies[0][n] = a->cookie;
			cookies[1][n++] = b->cookie;
		}
		at += sizeof(*a) + a->len;
	}
}

static void touch_all(const char *path)
{
	struct timespec read_at[2] = { { 1, 0 }, { 0, UTIME_OMIT } }, written_at[2] = { { 0, UTIME_OMIT }, { 1, 0 } };

	CHECK(utimensat(AT_FDCWD, path, read_at, 0) == 0);
	CHECK(utimensat(AT_FDCWD, path, written_at, 0) == 0);
	CHECK(chmod(path, 0711) == 0);
}

/* Open, read, write, close, change and move about. */
static void files(void)
{
	char byte = 'x';
	int fd = open("d/one", O_CREAT | O_RDWR, 0700);

	CHECK(fd >= 0 && write(fd, "xy", 2) == 2 && pread(fd, &byte, 1, 0) == 1 && close(fd) == 0);
	CHECK(close(open("d/one", O_RDONLY)) == 0);
	in("d/two words");
	in("d/line\nline");
	in("d/-");
	in("d/\303\274\\\177");
	in("d/" LONG_NAME);
	in("elsewhere");
	touch_all("d/one");
	CHECK(rename("d/one", "d/two") == 0);
	CHECK(rename("d/two", "e/two") == 0);
	CHECK(rename("e/two", "gone") == 0);
	CHECK(rename("elsewhere", "d/here") == 0);
	CHECK(rename("d/-", "d/here") == 0);
	CHECK(link("d/here", "d/there") == 0 && symlink("x", "d/link") == 0);
	CHECK(unlink("d/two words") == 0 && unlink("gone") == 0);
}

static void dirs(void)
{
	DIR *dir;

	CHECK(mkdir("d/sub", 0700) == 0);
	touch_all("d/sub");
	touch_all("d");
	dir = opendir("d/sub");
	CHECK(dir);
	while (readdir(dir))
		;
	closedir(dir);
	dir = opendir("d");
	CHECK(dir);
	while (readdir(dir))
		;
	closedir(dir);
	CHECK(rename("d/sub", "e/sub") == 0 && rename("e/sub", "e/bus") == 0);
	CHECK(rmdir("e/bus") == 0);
}

/* Watches that are gone with what they were on, or were taken away. */
static void ends(void)
{
	int fd, once;

	in("moved");
	in("removed");
	in("once");
	watch("moved", IN_MOVE_SELF);
	watch("removed", IN_DELETE_SELF | IN_ATTRIB);
	once = watch("once", IN_ATTRIB | IN_ONESHOT);
	CHECK(rename("moved", "moved on") == 0 && unlink("removed") == 0);
	touch_all("once");
	touch_all("once");
	CHECK(inotify_rm_watch(kept, once) < 0);
	unwatch(watch("once", IN_OPEN));
	CHECK(mkdir("m", 0700) == 0 && mount("none", "m", "tmpfs", 0, NULL) == 0);
	in("m/file");
	watch("m/file", IN_ATTRIB);
	watch("m", IN_ATTRIB);
	CHECK(umount("m") == 0 && rmdir("m") == 0);
	CHECK(mkdir("empty", 0700) == 0);
	watch("empty", IN_DELETE_SELF | IN_ATTRIB);
	CHECK(rmdir("empty") == 0);
	/* opened, and opened to be run, which is not merged */
	fd = open("script", O_CREAT | O_WRONLY, 0700);
	CHECK(fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0);
	watch("script", IN_OPEN);
	CHECK(close(open("script", O_RDONLY)) == 0);
	CHECK(syscall(SYS_execve, "script", NULL, NULL) < 0 && errno == ENOEXEC);
	CHECK(close(open("script", O_RDONLY)) == 0);
}

static void make_dirs(void)
{
	kept = inotify_init1(IN_NONBLOCK);
	seen = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(kept >= 0 && seen >= 0);
	CHECK(mkdir("d", 0700) == 0 && mkdir("e", 0700) == 0);
}

static void start(void)
{
	make_dirs();
	watch("d", IN_ALL_EVENTS);
	watch("e", IN_MOVE | IN_CREATE | IN_DELETE);
}

static bool readable(int ep, int fd)
{
	struct epoll_event ev;
	int n = epoll_wait(ep, &ev, 1, 0);

	CHECK(n == 0 || (n == 1 && ev.data.fd == fd && ev.events == EPOLLIN));
	return n;
}

/* Every kind; dup'ed, watched by epoll, and beside others that have nothing to say, or something else. */
static void kinds(void)
{
	int ep = epoll_create1(0), still = epoll_create1(0), none, other, next, n;
	struct epoll_event ev = { .events = EPOLLIN };
	struct { struct inotify_event e; char name[16]; } got;

	start();
	CHECK_EQ(dup2(kept, 77), 77);
	none = inotify_init1(IN_NONBLOCK);
	other = inotify_init();
	CHECK_EQ(inotify_add_watch(none, "d", IN_UNMOUNT), 1);
	CHECK_EQ(inotify_add_watch(other, "e", IN_CREATE), 1);
	ev.data.fd = 77;
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, 77, &ev) == 0);
	ev.data.fd = none;
	CHECK(epoll_ctl(still, EPOLL_CTL_ADD, none, &ev) == 0);
	files();
	dirs();
	ends();
	watch("d", IN_ONLYDIR | IN_CREATE | IN_CLOSE | IN_EXCL_UNLINK);
	next = watch(".", IN_DELETE_SELF);
	unwatch(next);
	in("e/new");
	was_len = all_of(seen, was);
	CHECK(was_len > 2000);

	work_ready();

	CHECK(readable(ep, 77) && !readable(still, none));
	CHECK(ioctl(77, FIONREAD, &n) == 0);
	CHECK_EQ(n, was_len);
	compare();
	CHECK(!readable(ep, 77));
	CHECK_EQ(all_of(none, is), 0);
	CHECK_EQ(read(other, &got, sizeof(got)), sizeof(got));
	CHECK(got.e.wd == 1 && got.e.mask == IN_CREATE);
	CHECK_STR(got.name, "new");
	/* and goes on */
	CHECK_EQ(inotify_add_watch(kept, ".", IN_DELETE_SELF), next + 1);
	in("d/after");
	was_len = all_of(seen, was);
	CHECK(was_len > 0 && readable(ep, 77));
	compare();
	work_pass();
}

static long max_queued(void)
{
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	long n = 0;

	CHECK(f && fscanf(f, "%ld", &n) == 1);
	fclose(f);
	return n;
}

/* Two names in turn; moved now and then, so that there are cookies. */
static void many(long n)
{
	long i;

	for (i = 0; i < n; i++)
		if (i % 100)
			CHECK(chmod(i & 1 ? "d/x" : "d/y", 0700) == 0);
		else
			CHECK(rename("d/z", "e/z") == 0 && rename("e/z", "d/z") == 0);
}

/* Read @n of what was seen and kept alike. */
static void read_some(int n)
{
	for (; n; n--)
		CHECK(read(kept, is, sizeof(struct inotify_event) + 16) > 0 &&
		      read(seen, was, sizeof(struct inotify_event) + 16) > 0);
}

/*
 * Full, and with its overflow, which is the last of all ("full"), has others behind it ("among"), is alone but for
 * what came after it ("ahead"), or is not there, though nothing more would fit but one ("nearly") or nothing ("just").
 */
static void limit(const char *how)
{
	long max = max_queued();

	if (max > 20000)
		work_skip("a queue holds %ld", max);
	make_dirs();
	in("d/x");
	in("d/y");
	in("d/z");
	watch("d", IN_ATTRIB | IN_MOVE);
	watch("e", IN_MOVE);
	if (!strcmp(how, "full") || !strcmp(how, "among")) {
		many(max + 10);
	} else if (!strcmp(how, "ahead")) {
		many(max + 10);
		read_some(max);
		many(5);
	} else {
		int n, i;

		for (i = 0; i < max - !strcmp(how, "nearly"); i++)
			CHECK(chmod(i & 1 ? "d/x" : "d/y", 0700) == 0);
		CHECK(ioctl(kept, FIONREAD, &n) == 0 && n == 32 * i);
	}
	if (!strcmp(how, "among")) {
		read_some(300);
		many(120);
	}
	was_len = all_of(seen, was);
	CHECK(was_len > 0 && was_len < MOST);

	work_ready();

	if (!strcmp(how, "just")) {
		struct inotify_event more = { .wd = -1, .mask = IN_Q_OVERFLOW };

		memcpy(was + was_len, &more, sizeof(more));
		was_len += sizeof(more);
	}
	compare();
	in("d/after");
	CHECK(chmod("d/after", 0711) == 0);
	was_len = all_of(seen, was);
	CHECK(was_len > 0);
	compare();
	work_pass();
}

/* The first half of a move was read, the other not. */
static void half(void)
{
	char buf[sizeof(struct inotify_event) + 16];

	start();
	CHECK(mkdir("e/sub", 0700) == 0 && rename("e/sub", "d/sub") == 0);
	CHECK(read(kept, buf, sizeof(buf)) > 0 && read(kept, buf, sizeof(buf)) > 0);
	CHECK(read(seen, buf, sizeof(buf)) > 0 && read(seen, buf, sizeof(buf)) > 0);
	was_len = all_of(seen, was);
	work_ready();
	compare();
	work_pass();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "half"))
		half();
	if (argc > 1)
		limit(argv[1]);
	kinds();
}
