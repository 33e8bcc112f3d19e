// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a given inotify event happen: a watch of the wanted number, in a tmpfs that is mounted nowhere, on a
 * directory if the event has a name, else on a thing of the wanted kind; then what inotify(7) says.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inotify_event.h"

#define SETNEXTWD _IOW('I', 0, int32_t)
#define THING "thing"		/* what is watched itself */

static int open_tmpfs(void)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 1 /* FSOPEN_CLOEXEC */), fd = -1, rc;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0) == 0)
		fd = syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	rc = fd < 0 ? -errno : fd;
	close(fs);
	return rc;
}

static int open_dir(int at, const char *name)
{
	int fd = mkdirat(at, name, 0700) < 0 ? -1 : openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* With a byte to read. */
static int open_file(int at, const char *name)
{
	int fd = openat(at, name, O_CREAT | O_RDWR | O_CLOEXEC, 0700);

	if (fd >= 0 && write(fd, "x", 1) != 1) {
		close(fd);
		return -EIO;
	}
	return fd < 0 ? -errno : fd;
}

int scratch_open(struct scratch *s, int fd)
{
	*s = (struct scratch){ fd, -1, -1, -1, -1, -1 };
	s->top = open_tmpfs();
	if (s->top < 0)
		return s->top;
	s->dir = open_dir(s->top, "dir");
	s->other = open_dir(s->top, "other");
	s->a = open_file(s->top, "a");
	s->b = open_file(s->top, "b");
	return s->dir < 0 ? s->dir : s->other < 0 ? s->other : s->a < 0 ? s->a : s->b < 0 ? s->b : 0;
}

void scratch_close(struct scratch *s)
{
	int all[] = { s->b, s->a, s->other, s->dir, s->top };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

int scratch_watch(const struct scratch *s, int at, const char *name, int wd, uint32_t mask)
{
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "self/fd/%d/%s", at, name);	/* the controller stands in /proc */
	if (ioctl(s->fd, SETNEXTWD, wd) < 0)
		return -errno;
	rc = inotify_add_watch(s->fd, path, mask);
	return rc < 0 ? -errno : rc == wd ? 0 : -EBUSY;
}

/**
 * struct act - an event being made
 * @at, @name: of what it happens to, whatever that is
 * @watched: what is watched, in @at ("": @at itself)
 * @fd: open on it meanwhile, or -1
 */
struct act {
	struct scratch *s;
	const struct crfs_inotify_event *e;
	uint32_t mask;
	bool dir;
	int at, fd;
	const char *watched;
	char name[NAME_MAX + 1];
};

static int make(const struct act *a, int at, const char *name)
{
	int rc = a->dir ? mkdirat(at, name, 0700) : mknodat(at, name, S_IFREG | 0700, 0);

	return rc < 0 ? -errno : 0;
}

static int take_away(const struct act *a, int at, const char *name)
{
	return unlinkat(at, name, a->dir ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
}

static int move(int from, const char *name, int to, const char *as)
{
	return renameat(from, name, to, as) < 0 ? -errno : 0;
}

static int watch(const struct act *a, int at, uint32_t mask)
{
	return scratch_watch(a->s, at, a->watched, a->e->wd, mask);
}

static int open_it(struct act *a, int flags)
{
	a->fd = openat(a->at, a->name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return a->fd < 0 ? -errno : 0;
}

static int close_it(struct act *a)
{
	close(a->fd);
	a->fd = -1;
	return 0;
}

/* notify_change() tells times apart: one that is read, one that is written, and both set by somebody. */
static int touch(struct act *a)
{
	const struct timespec t[2] = { { .tv_nsec = a->mask & IN_MODIFY ? UTIME_OMIT : UTIME_NOW },
				       { .tv_nsec = a->mask & IN_ACCESS ? UTIME_OMIT : UTIME_NOW } };
	int rc = watch(a, a->at, a->mask);

	if (rc)
		return rc;
	return utimensat(a->at, a->name, t, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/*
 * Opened to be run it is another event inside the kernel, which looks the same: such are not merged. It is text,
 * since for anything else the kernel asks modprobe(8) who could run that.
 */
static int open_to_run(struct act *a)
{
	char *none[] = { NULL };
	int rc = open_it(a, O_WRONLY);

	if (!rc && write(a->fd, "text", 4) != 4)
		rc = -EIO;
	if (rc)
		return rc;
	close_it(a);
	rc = watch(a, a->at, a->mask);
	if (rc)
		return rc;
	syscall(SYS_execveat, a->at, a->name, none, none, 0);
	return errno == ENOEXEC ? 0 : -errno;
}

static int open_to_read(struct act *a)
{
	int rc = watch(a, a->at, a->mask);

	return rc ? rc : open_it(a, O_RDONLY);
}

static int close_now(struct act *a)
{
	int rc = open_it(a, a->mask & IN_CLOSE_WRITE ? O_WRONLY : O_RDONLY);

	if (!rc)
		rc = watch(a, a->at, a->mask);
	return rc ? rc : close_it(a);
}

/* From one directory to the other; both halves within one, or in two that are watched. */
static int move_now(struct act *a, const struct crfs_inotify_event *second)
{
	int from = a->mask & IN_MOVED_FROM ? a->s->dir : a->s->other, to = from == a->s->dir ? a->s->other : a->s->dir;
	const char *name = a->name;
	char as[NAME_MAX + 1];
	int rc = 0;

	snprintf(as, sizeof(as), "%s", name);
	if (second) {
		snprintf(as, sizeof(as), "%.*s", (int)second->name.len, second->name.p);
		if (second->wd == a->e->wd)
			to = from;
		else
			rc = scratch_watch(a->s, to, "", second->wd, IN_MOVED_TO);
	}
	if (!rc)
		rc = make(a, from, name);
	if (!rc)
		rc = watch(a, a->s->dir, from == to ? IN_MOVE : a->mask);
	if (!rc)
		rc = move(from, name, to, as);
	if (rc)
		return rc;
	if (second && from != to)
		inotify_rm_watch(a->s->fd, second->wd);
	return take_away(a, to, as);
}

static int move_self(struct act *a)
{
	int rc = watch(a, a->at, a->mask);

	return rc ? rc : move(a->at, a->name, a->s->other, a->name) ?: move(a->s->other, a->name, a->at, a->name);
}

/* A file system of its own goes with its last descriptor. */
static int unmount(struct act *a)
{
	int fs = open_tmpfs(), rc;

	if (fs < 0)
		return fs;
	a->watched = a->dir ? "" : THING;
	rc = a->dir ? 0 : make(a, fs, THING);
	if (!rc)
		rc = watch(a, fs, IN_UNMOUNT);
	close(fs);
	return rc;
}

/* What happens to a thing that is there before and after. */
static int happen(struct act *a, bool again)
{
	int rc = make(a, a->at, a->name);

	if (rc)
		return rc;
	switch (a->mask) {
	case IN_ACCESS:
	case IN_MODIFY:
	case IN_ATTRIB:
		rc = touch(a);
		break;
	case IN_OPEN:
		rc = again ? open_to_run(a) : open_to_read(a);
		break;
	case IN_CLOSE_WRITE:
	case IN_CLOSE_NOWRITE:
		rc = close_now(a);
		break;
	case IN_MOVE_SELF:
		rc = move_self(a);
		break;
	case IN_IGNORED:
		rc = watch(a, a->at, IN_ATTRIB);
		break;
	default:
		rc = -EINVAL;
	}
	inotify_rm_watch(a->s->fd, a->e->wd);
	return rc ? rc : take_away(a, a->at, a->name);
}

/* What happens to a directory. */
static int come_and_go(struct act *a)
{
	int rc = a->mask == IN_CREATE ? 0 : make(a, a->at, a->name);

	if (!rc)
		rc = watch(a, a->at, a->mask);
	if (!rc && a->mask == IN_CREATE)
		rc = make(a, a->at, a->name);
	return rc ? rc : take_away(a, a->at, a->name);
}

int inotify_event(struct scratch *s, const struct crfs_inotify_event *e, const struct crfs_inotify_event *second,
		  bool again)
{
	struct act a = { .s = s, .e = e, .mask = e->mask & ~IN_ISDIR, .dir = e->mask & IN_ISDIR, .fd = -1 };
	int rc;

	a.at = e->name.len ? s->dir : s->top;
	a.watched = e->name.len ? "" : THING;
	snprintf(a.name, sizeof(a.name), "%.*s", e->name.len ? (int)e->name.len : (int)strlen(THING),
		 e->name.len ? e->name.p : THING);
	if (a.mask & IN_MOVE)
		rc = move_now(&a, second);
	else if (a.mask & (IN_CREATE | IN_DELETE | IN_DELETE_SELF))
		rc = come_and_go(&a);
	else
		rc = a.mask == IN_UNMOUNT ? unmount(&a) : happen(&a, again);
	inotify_rm_watch(s->fd, e->wd);
	if (a.fd >= 0)
		close(a.fd);
	return rc;
}
