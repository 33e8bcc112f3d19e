// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc, read through an O_PATH descriptor of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

static int open_at(int proc, int flags, const char *fmt, va_list ap)
{
	char path[256];
	int n = vsnprintf(path, sizeof(path), fmt, ap);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	n = openat(proc, path, flags | O_CLOEXEC);
	return n < 0 ? -errno : n;
}

int proc_open(int proc, int flags, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_at(proc, flags, fmt, ap);
	va_end(ap);
	return fd;
}

/* Files of /proc say 0 as their size, so read until there is no more. */
static char *slurp(int fd, size_t *len)
{
	size_t size = 4096, n = 0;
	char *buf = malloc(size), *more;
	ssize_t got;

	while (buf) {
		got = read(fd, buf + n, size - n - 1);
		if (got < 0) {
			free(buf);
			return NULL;
		}
		if (!got)
			break;
		n += got;
		if (size - n > 1)
			continue;
		size *= 2;
		more = realloc(buf, size);
		if (!more)
			free(buf);
		buf = more;
	}
	if (!buf)
		return NULL;
	buf[n] = 0;
	if (len)
		*len = n;
	more = realloc(buf, n + 1);	/* some are kept, of each task */
	return more ?: buf;
}

char *proc_read(int proc, size_t *len, const char *fmt, ...)
{
	va_list ap;
	char *buf;
	int fd, saved;

	va_start(ap, fmt);
	fd = open_at(proc, O_RDONLY, fmt, ap);
	va_end(ap);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	buf = slurp(fd, len);
	saved = errno;
	close(fd);
	errno = saved;
	return buf;
}

char *proc_link(int proc, const char *fmt, ...)
{
	char path[256], buf[PATH_MAX];
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	n = readlinkat(proc, path, buf, sizeof(buf) - 1);
	if (n < 0)
		return NULL;
	buf[n] = 0;
	return strndup(buf, n);
}

int proc_own(int flags, const char *fmt, ...)
{
	char path[256] = "/proc/";
	const size_t n = strlen(path);
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - n, fmt, ap);
	va_end(ap);
	fd = open(path + n, flags | O_CLOEXEC);
	if (fd < 0)
		fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
