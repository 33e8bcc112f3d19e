// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting IN_Q_OVERFLOW into the queue of a new inotify instance.
 *
 * It is queued when the queue is full: so fill that with rubbish from a watch on a scratch
 * directory and read the rubbish off. Taking the watch away would queue IN_IGNORED, which is
 * dropped as long as the queue is full and has its overflow: see fsnotify_insert_event().
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inotify_queue.h"

#define SETNEXTWD _IOW('I', 0, int32_t)
#define RUBBISH_WD 0x7ffffff0

/** struct scratch - a tmpfs that is mounted nowhere; @max: events that fit in a queue */
struct scratch {
	int fd, dir;
	size_t max;
};

static void path_of(const struct scratch *s, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "self/fd/%d/%s", s->dir, name);	/* the controller stands in /proc */
}

static int open_scratch(struct scratch *s)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 1 /* FSOPEN_CLOEXEC */), rc;

	s->dir = -1;
	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0) == 0)
		s->dir = syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	rc = s->dir < 0 ? -errno : 0;
	close(fs);
	return rc;
}

static size_t queue_max(void)
{
	FILE *f = fopen("sys/fs/inotify/max_queued_events", "re");
	unsigned long max = 0;

	if (f) {
		if (fscanf(f, "%lu", &max) != 1)
			max = 0;
		fclose(f);
	}
	return max;
}

/* A watch with number @wd on directory @name of the scratch. */
static int watch(struct scratch *s, const char *name, int wd, uint32_t mask)
{
	char path[64];
	int rc;

	path_of(s, name, path, sizeof(path));
	if (ioctl(s->fd, SETNEXTWD, wd) < 0)
		return -errno;
	rc = inotify_add_watch(s->fd, path, mask);
	return rc < 0 ? -errno : rc == wd ? 0 : -EBUSY;
}

static int create(const struct scratch *s, const char *dir, const char *name)
{
	char path[64 + NAME_MAX];
	int d, fd;

	path_of(s, dir, path, sizeof(path));
	d = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = d < 0 ? -1 : openat(d, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (d >= 0)
		close(d);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Fill the queue: two names in turn, so that no event is merged with the one before. */
static int fill(struct scratch *s)
{
	char a[64], b[64];
	size_t i;
	int rc;

	path_of(s, "rubbish/a", a, sizeof(a));
	path_of(s, "rubbish/b", b, sizeof(b));
	if (mkdirat(s->dir, "rubbish", 0700) < 0)
		return -errno;
	rc = create(s, "rubbish", "a");
	rc = rc ? rc : create(s, "rubbish", "b");
	rc = rc ? rc : watch(s, "rubbish", RUBBISH_WD, IN_ATTRIB);
	for (i = 0; i <= s->max && !rc; i++)
		if (chmod(i & 1 ? a : b, 0600) < 0)
			rc = -errno;
	return rc;
}

/* Read @n events off the head. One with a short name has 32 bytes, the overflow 16. */
static int drop(const struct scratch *s, size_t n)
{
	char buf[32 * 128];
	size_t got;
	ssize_t len;

	while (n) {
		got = n < 128 ? n : 128;
		len = read(s->fd, buf, 32 * got);
		if (len <= 0 || len % 32)
			return len < 0 ? -errno : -EIO;
		n -= len / 32;
	}
	return 0;
}

int inotify_queue(int fd, const struct crfs_inotify_event *e, size_t n)
{
	struct scratch s = { .fd = fd, .max = queue_max() };
	int rc;

	if (n != 1 || !(e->mask & IN_Q_OVERFLOW) || !s.max)
		return -EOPNOTSUPP;
	rc = open_scratch(&s);
	if (rc)
		return rc;
	rc = fill(&s);
	if (!rc && inotify_rm_watch(fd, RUBBISH_WD) < 0)
		rc = -errno;
	rc = rc ? rc : drop(&s, s.max);
	close(s.dir);
	return rc;
}
