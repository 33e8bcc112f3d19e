// SPDX-License-Identifier: GPL-2.0-or-later
/* A directory or a mount as a tree: texts are read, payloads stay where they are until asked for. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/format.h>

#include "source.h"

/* Nothing in a checkpoint is a link, and nobody leads us out of one meanwhile. */
static int open_in(int dir, const char *path, int flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static ssize_t dir_pread(struct node *n, void *buf, size_t size, off_t off)
{
	struct source *s = n->priv;
	char path[PATH_MAX];
	ssize_t r, done = 0;
	int fd = open_in(s->dir, tree_path(n, NULL, path, sizeof(path)), O_RDONLY);

	if (fd < 0)
		return -errno;
	do {
		r = pread(fd, (char *)buf + done, size - done, off + done);
		done += r > 0 ? r : 0;
	} while (r > 0 && (size_t)done < size);
	r = r < 0 ? -errno : done;
	close(fd);
	return r;
}

static off_t dir_hole(struct node *n, off_t off, bool data)
{
	struct source *s = n->priv;
	char path[PATH_MAX];
	int fd = open_in(s->dir, tree_path(n, NULL, path, sizeof(path)), O_RDONLY);
	off_t r;

	if (fd < 0)
		return -errno;
	r = lseek(fd, off, data ? SEEK_DATA : SEEK_HOLE);
	r = r < 0 ? -errno : r;
	close(fd);
	return r;
}

static const struct payload_ops ops = { .pread = dir_pread, .hole = dir_hole };

static int read_text(struct source *s, struct node *n, off_t size, struct err *e)
{
	char *text;
	ssize_t got;

	if (source_room(s, size, e) < 0)
		return e->code;
	text = malloc(size + 1);
	if (!text)
		return fail(e, -ENOMEM, "memory for it");
	n->priv = s;
	got = dir_pread(n, text, size, 0);
	if (got != size) {
		free(text);
		return fail(e, got < 0 ? (int)got : -EIO, "read it: it changes meanwhile");
	}
	text[size] = '\0';
	source_text(n, text, size);
	return 0;
}

/* The manifest of a mount is made when it is read, and that takes as long as reading everything. */
static int take_file(struct source *s, struct node *n, const struct stat *st, struct err *e)
{
	n->mtime = st->st_mtim;
	stage_kind(&s->stage, n);
	if (n->kind == NODE_TEXT &&
	    (s->kind != SOURCE_MOUNT || strcmp(n->name, CRFS_MANIFEST)))
		return read_text(s, n, st->st_size, e);
	n->kind = NODE_PAYLOAD;
	n->ops = &ops;
	n->priv = s;
	n->size = st->st_size;
	return 0;
}

int dir_file(struct source *s, struct node *n, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	int fd = open_in(s->dir, tree_path(n, NULL, path, sizeof(path)), O_RDONLY), r;

	if (fd < 0)
		return fail(e, -errno, "open it below the directory");
	r = fstat(fd, &st) < 0 ? fail(e, -errno, "look at it") : 0;
	close(fd);
	if (!r && !S_ISREG(st.st_mode))
		r = fail(e, -EINVAL, "it is no file: a checkpoint has no such");
	return r ? r : take_file(s, n, &st, e);
}

static int walk(struct source *s, int fd, char *path, size_t len, struct err *e);

static int take_entry(struct source *s, int dir, const char *name, char *path, struct err *e)
{
	struct stat st;
	struct node *n;
	int fd, r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_on(e, -errno, path, "look at it");
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return fail_on(e, -EINVAL, path, "neither file nor directory: a checkpoint has no others");
	r = source_place(s, path, S_ISDIR(st.st_mode), &n, e);
	if (!r && S_ISREG(st.st_mode))
		r = take_file(s, n, &st, e);
	if (r < 0)
		return fail_on(e, r, path, "read it");
	if (S_ISREG(st.st_mode))
		return 0;
	n->mtime = st.st_mtim;
	fd = open_in(dir, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fail_on(e, -errno, path, "list it");
	return walk(s, fd, path, strlen(path), e);
}

/* In the order of readdir: that of a mount is the order in which it is cheapest to read. */
static int walk(struct source *s, int fd, char *path, size_t len, struct err *e)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!d) {
		close(fd);
		return fail_on(e, -errno, path, "list it");
	}
	while (!r && !(r = interrupted(e)) && (errno = 0, de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (len + strlen(de->d_name) + 2 > PATH_MAX) {
			r = fail_on(e, -ENAMETOOLONG, path, "a path too long for a checkpoint");
			break;
		}
		sprintf(path + len, "%s%s", len ? "/" : "", de->d_name);
		r = take_entry(s, dirfd(d), de->d_name, path, e);
		path[len] = '\0';
	}
	closedir(d);
	return r;
}

int dir_load(struct source *s, struct err *e)
{
	char path[PATH_MAX] = "";
	int fd = open_in(s->dir, ".", O_RDONLY | O_DIRECTORY);
	int r = fd < 0 ? fail(e, -errno, "list it") : walk(s, fd, path, 0, e);

	return r < 0 ? fail_on(e, r, s->name, "read the directory") : 0;
}
