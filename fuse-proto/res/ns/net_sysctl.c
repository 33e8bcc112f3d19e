// SPDX-License-Identifier: GPL-2.0-or-later
/* Walking /proc/sys/net: each namespace has its own, seen by whoever is in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_sysctl.h"
#include "proc.h"

#define DEEP 8
#define VALUE 4096

static int add(struct settings *s, const char *path, const char *value, size_t len)
{
	if (s->nr == s->size) {
		size_t size = s->size ? 2 * s->size : 256;
		struct setting *more = realloc(s->v, size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->v = more;
		s->size = size;
	}
	s->v[s->nr] = (struct setting){ strdup(path), strndup(value, len) };
	if (!s->v[s->nr].path || !s->v[s->nr].value) {
		free(s->v[s->nr].path);
		free(s->v[s->nr].value);
		return -ENOMEM;
	}
	s->nr++;
	return 0;
}

/* What cannot be read has not been set (stable_secret), or is a command (flush). */
static int one(struct settings *s, int dir, const char *name, const char *path)
{
	char value[VALUE];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, value, sizeof(value));
	close(fd);
	if (n <= 0 || n == sizeof(value))
		return 0;
	return add(s, path, value, n - (value[n - 1] == '\n'));
}

static int walk(struct settings *s, int at, const char *path, int deep)
{
	char below[512];
	struct dirent *e;
	struct stat st;
	DIR *d = fdopendir(at);
	int fd, rc = 0;

	while (d && !rc && (e = readdir(d))) {
		if (*e->d_name == '.' || fstatat(at, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "", e->d_name) >=
		    (int)sizeof(below))
			continue;
		if (S_ISREG(st.st_mode) && (st.st_mode & 0600) == 0600) {
			rc = one(s, at, e->d_name, below);
		} else if (S_ISDIR(st.st_mode) && deep < DEEP) {
			fd = openat(at, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			rc = fd < 0 ? 0 : walk(s, fd, below, deep + 1);
		}
	}
	if (d)
		closedir(d);
	else
		close(at);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct setting *)a)->path, ((const struct setting *)b)->path);
}

int settings_read(int proc, struct settings *s)
{
	int fd = proc_open(proc, O_RDONLY | O_DIRECTORY, "sys/net"), rc;

	*s = (struct settings){ 0 };
	rc = fd < 0 ? 0 : walk(s, fd, "", 0);
	if (s->nr)
		qsort(s->v, s->nr, sizeof(*s->v), by_path);
	if (rc)
		settings_free(s);
	return rc;
}

const char *settings_find(const struct settings *s, const char *path)
{
	struct setting key = { (char *)path, NULL }, *f;

	f = s->nr ? bsearch(&key, s->v, s->nr, sizeof(key), by_path) : NULL;
	return f ? f->value : NULL;
}

void settings_free(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		free(s->v[i].path);
		free(s->v[i].value);
	}
	free(s->v);
	*s = (struct settings){ 0 };
}
