// SPDX-License-Identifier: GPL-2.0-or-later
/* What /proc says of a task's descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "files_ask.h"

int asking_begin(struct asking *q)
{
	q->fds = q->infos = -1;
	q->size = 4096;
	q->info = malloc(q->size);
	return q->info ? 0 : -ENOMEM;
}

void asking_end(struct asking *q)
{
	free(q->info);
	q->info = NULL;
}

static int read_info(struct asking *q, const char *name)
{
	int fd = openat(q->infos, name, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while ((got = read(fd, q->info + n, q->size - n - 1)) > 0) {
		char *more;

		n += got;
		if (q->size - n > 1)	/* it is made in one go (single_open()): there was room for all */
			break;
		more = realloc(q->info, 2 * q->size);
		if (!more) {
			got = -1;
			errno = ENOMEM;
			break;
		}
		q->info = more;
		q->size *= 2;
	}
	q->info[n] = '\0';
	n = got < 0 ? -errno : 0;
	close(fd);
	return (int)n;
}

/*
 * stat(2) without asking a file system's server: that may be ourselves, when the container has a file
 * of our mount open, or one that is frozen with it.
 */
static bool stat_quietly(int dir, const char *name, struct stat *st)
{
	struct statx x;

	if (statx(dir, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &x) < 0)
		return false;
	*st = (struct stat){
		.st_dev = makedev(x.stx_dev_major, x.stx_dev_minor),
		.st_rdev = makedev(x.stx_rdev_major, x.stx_rdev_minor),
		.st_ino = x.stx_ino, .st_mode = x.stx_mode, .st_nlink = x.stx_nlink,
		.st_uid = x.stx_uid, .st_gid = x.stx_gid, .st_size = x.stx_size,
		.st_blksize = x.stx_blksize, .st_blocks = x.stx_blocks,
		.st_mtim = { x.stx_mtime.tv_sec, x.stx_mtime.tv_nsec },
		.st_atim = { x.stx_atime.tv_sec, x.stx_atime.tv_nsec },
		.st_ctim = { x.stx_ctime.tv_sec, x.stx_ctime.tv_nsec },
	};
	return true;
}

/* In place of a link: no room takes it. */
static const char too_deep[] = "a file whose path is too long for any system call (PATH_MAX)";

int ask_fd(struct asking *q, int fd)
{
	char name[16];
	ssize_t n;
	int rc;

	snprintf(name, sizeof(name), "%d", fd);
	rc = read_info(q, name);
	if (rc)
		return rc;
	n = readlinkat(q->fds, name, q->link, sizeof(q->link) - 1);
	if (n < 0 && errno == ENAMETOOLONG)	/* no call could open it again by that path */
		n = sprintf(q->link, "%s", too_deep);
	if (n < 0 || !stat_quietly(q->fds, name, &q->st))
		return -errno;
	q->link[n] = '\0';
	return 0;
}
