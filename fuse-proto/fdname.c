// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other names of a file: of one whose own is gone, and how many there are.
 *
 * Nothing but directories has them. Mostly another one stands in the same directory (POSIX semaphores, backups by
 * link(2)); else it is looked for below that, then beside and above it, as long as it is the same file system and
 * not too much to read while the container stands still.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdroom.h"

#define NEAR_MAX 100000		/* entries of its own directory that are looked at, for each file */
#define FAR_MAX 100000		/* of all others, for all files of a snapshot */
#define DEPTH_MAX 64

/** struct search - for @st, below @root; @done: the directory that was looked through already; @left: entries */
struct search {
	struct snap *s;
	int root;
	const struct stat *st;
	ino_t done;
	size_t left;
};

static bool names(const struct search *q, const char *path)
{
	struct stat st;

	return !fstatat(q->root, path + 1, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == q->st->st_dev &&
	       st.st_ino == q->st->st_ino;
}

static DIR *open_dir(const struct search *q, const char *dir)
{
	int fd = openat(q->root, dir[0] && dir[1] ? dir + 1 : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *d;

	if (fd < 0)
		return NULL;
	d = fstat(fd, &st) || st.st_dev != q->st->st_dev || st.st_ino == q->done ? NULL : fdopendir(fd);
	if (!d)
		close(fd);
	return d;
}

static char *entry(const struct search *q, const char *dir, const struct dirent *e)
{
	return pool_printf(&q->s->scratch, "%s/%s", dir[0] && dir[1] ? dir : "", e->d_name);
}

/* The file itself in @dir, whose path is "/" or has no slash at its end. */
static char *look_in(struct search *q, const char *dir)
{
	DIR *d = open_dir(q, dir);
	char *found = NULL;
	struct dirent *e;

	while (d && !found && q->left && (e = readdir(d))) {
		q->left--;
		if (e->d_ino != q->st->st_ino)
			continue;
		found = entry(q, dir, e);
		if (found && !names(q, found))
			found = NULL;
	}
	if (d)
		closedir(d);
	return found;
}

/* In @dir and below. */
static char *look_below(struct search *q, const char *dir, int depth)
{
	char *found = look_in(q, dir), *sub;
	DIR *d = found || depth == DEPTH_MAX ? NULL : open_dir(q, dir);
	struct dirent *e;

	while (d && !found && q->left && (e = readdir(d))) {
		if ((e->d_type != DT_DIR && e->d_type != DT_UNKNOWN) || !strcmp(e->d_name, ".") ||
		    !strcmp(e->d_name, ".."))
			continue;
		q->left--;
		sub = entry(q, dir, e);
		found = sub ? look_below(q, sub, depth + 1) : NULL;
	}
	if (d)
		closedir(d);
	return found;
}

/* Its directory, without a slash at the end. Return: false if that is too long */
static bool dir_of(const char *path, char dir[PATH_MAX])
{
	char *slash;

	if (strlen(path) >= PATH_MAX)
		return false;
	strcpy(dir, path);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
	return true;
}

unsigned int place_names_beside(struct snap *s, int root, const char *path, const struct stat *st)
{
	struct search q = { .s = s, .root = root, .st = st, .left = NEAR_MAX };
	char dir[PATH_MAX];
	DIR *d = dir_of(path, dir) ? open_dir(&q, dir) : NULL;
	struct dirent *e;
	unsigned int n = 0;

	while (d && q.left-- && (e = readdir(d)))
		n += e->d_ino == st->st_ino;
	if (d)
		closedir(d);
	return n;
}

char *place_other_name(struct snap *s, int root, const char *path, const struct stat *st)
{
	struct search near = { .s = s, .root = root, .st = st, .left = NEAR_MAX };
	struct search far = { .s = s, .root = root, .st = st, .left = FAR_MAX - s->looked };
	char dir[PATH_MAX], *found, *slash;
	struct stat up;

	if (!dir_of(path, dir))
		return NULL;
	found = look_in(&near, dir);
	while (!found && far.left) {
		found = look_below(&far, dir, 0);
		if (!dir[1])
			break;
		if (!fstatat(root, dir + 1, &up, AT_SYMLINK_NOFOLLOW) && up.st_dev == st->st_dev)
			far.done = up.st_ino;
		slash = strrchr(dir, '/');
		slash[slash == dir] = '\0';
	}
	s->looked = FAR_MAX - far.left;
	return found ? pool_strdup(&s->pool, found) : NULL;
}
