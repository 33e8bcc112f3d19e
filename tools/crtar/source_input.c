// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libarchive reads from, with an ear for signals: between two members it may read for as long as
 * there are zeros, and of /dev/zero there is no end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crtar.h"
#include "reading.h"

/**
 * struct input - what is read from
 * @seeks: it is a file; @at, @end: where in it we are, and how long it was when it was opened
 * @size: of @buf
 */
struct input {
	int fd;
	bool seeks;
	off_t at, end;
	size_t size;
	char buf[];
};

static la_ssize_t read_some(struct archive *a, void *arg, const void **buf)
{
	struct input *in = arg;
	struct err e = { .code = 0 };
	ssize_t n = -1;

	*buf = in->buf;
	do {
		if (interrupted(&e)) {
			archive_set_error(a, EINTR, "%s", strerror(EINTR));
			return -1;
		}
		n = in->seeks ? pread(in->fd, in->buf, in->size, in->at) : read(in->fd, in->buf, in->size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		archive_set_error(a, errno, "%s", strerror(errno));
	else
		in->at += n;
	return n;
}

/* Of each extent that stays where it is: no call for it. Not past the end, where reading tells that it is cut off. */
static la_int64_t skip(struct archive *a, void *arg, la_int64_t n)
{
	struct input *in = arg;

	(void)a;
	if (!in->seeks || n > in->end - in->at)
		return 0;
	in->at += n;
	return n;
}

static la_int64_t seek(struct archive *a, void *arg, la_int64_t to, int whence)
{
	struct input *in = arg;
	off_t at = whence == SEEK_CUR ? lseek(in->fd, in->at + to, SEEK_SET) : lseek(in->fd, to, whence);

	if (at >= 0)
		return in->at = at;
	archive_set_error(a, errno, "%s", strerror(errno));
	return ARCHIVE_FATAL;
}

static int done(struct archive *a, void *arg)
{
	(void)a;
	free(arg);
	return ARCHIVE_OK;
}

int input_open(struct archive *a, int fd, size_t block)
{
	struct input *in = malloc(sizeof(*in) + block);
	struct stat st;

	if (!in || fstat(fd, &st) < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		free(in);
		return ARCHIVE_FATAL;
	}
	*in = (struct input){ .fd = fd, .seeks = S_ISREG(st.st_mode), .end = st.st_size, .size = block };
	if (in->seeks)
		in->at = lseek(fd, 0, SEEK_CUR);
	if (in->seeks)
		archive_read_set_seek_callback(a, seek);
	archive_read_set_read_callback(a, read_some);
	archive_read_set_skip_callback(a, skip);
	archive_read_set_close_callback(a, done);
	archive_read_set_callback_data(a, in);
	return archive_read_open1(a);
}
