// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for a moment: where a thing without a name had one, it is made and unlinked again, so that
 * /proc shows the same path as before.
 *
 * Directories that are gone with it are made and removed, too. Where the name has been given to
 * something else since, the path is built once more in a directory aside, and walked down in a mount
 * of that directory alone: from its root the path is the same, and the file system is, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fdroom.h"

/** struct making - @make with @arg; @path: all of it; @aside: it may be made aside; @own: in a mount namespace of the container's */
struct making {
	int (*make)(int dir, const char *name, void *arg);
	void *arg;
	const char *path;
	bool aside, own;
};

static int walk(int dir, char *rest, const struct making *m);

static int make_aside(int dir, const struct making *m)
{
	struct making again = *m;
	char name[32], path[PATH_MAX];
	int fd, tree, rc;

	snprintf(name, sizeof(name), ".crfs-%d", getpid());
	if (mkdirat(dir, name, 0700) < 0)
		return -EEXIST;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	tree = fd < 0 ? -1 : syscall(SYS_open_tree, fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				     AT_EMPTY_PATH);
	again.aside = false;
	strcpy(path, m->path);
	rc = tree < 0 ? -EEXIST : walk(tree, path, &again);
	if (tree >= 0)
		close(tree);
	if (fd >= 0)
		close(fd);
	unlinkat(dir, name, AT_REMOVEDIR);
	return rc;
}

/*
 * In a tmpfs of the container's own, whose content is carried (inode/tmpfs), directories keep their
 * time. Elsewhere somebody else may change them at the same moment.
 */
static bool keeps_time(int dir, const struct making *m, struct stat *st)
{
	struct statfs fs;

	return m->own && !fstatfs(dir, &fs) && fs.f_type == TMPFS_MAGIC && !fstat(dir, st);
}

static void put_time(int dir, const struct stat *st)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, st->st_mtim };

	utimensat(dir, ".", times, 0);
}

static int make_here(int dir, const char *name, const struct making *m)
{
	struct stat st;
	bool keep = keeps_time(dir, m, &st);
	int rc = m->make(dir, name, m->arg);

	rc = rc == -EEXIST && m->aside ? make_aside(dir, m) : rc;
	if (keep)
		put_time(dir, &st);
	return rc;
}

/* One component, made if it is not there, and removed again behind us. */
static int enter(int dir, char *name, char *rest, const struct making *m)
{
	struct stat st;
	bool keep = keeps_time(dir, m, &st), made = mkdirat(dir, name, 0700) == 0;
	int fd, rc;

	if (!made && errno != EEXIST)
		return -errno;
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR && m->aside)
		return make_aside(dir, m);
	rc = fd < 0 ? -errno : walk(fd, rest, m);
	if (fd >= 0)
		close(fd);
	if (made)
		unlinkat(dir, name, AT_REMOVEDIR);
	if (made && keep)
		put_time(dir, &st);
	return rc;
}

/* @rest is cut where it is walked; without links and dots it leads nowhere else. */
static int walk(int dir, char *rest, const struct making *m)
{
	char *slash;

	rest += strspn(rest, "/");
	slash = strchr(rest, '/');
	if (slash)
		*slash = '\0';
	if (!*rest || !strcmp(rest, ".") || !strcmp(rest, "..") || strlen(rest) > NAME_MAX)
		return -EINVAL;
	return slash ? enter(dir, rest, slash + 1, m) : make_here(dir, rest, m);
}

int nameless_make(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *path, bool aside,
		  int (*make)(int dir, const char *name, void *arg), void *arg)
{
	static const struct crfs_str top = { "/", 1 };
	char rest[PATH_MAX], all[PATH_MAX];
	struct making m = { make, arg, all, aside, mnt_ns };
	int root, rc;

	if (!path->len || path->len >= sizeof(rest) || memchr(path->p, '\0', path->len))
		return -EINVAL;
	memcpy(rest, path->p, path->len);
	rest[path->len] = '\0';
	strcpy(all, rest);
	root = place_open(rs, mnt_ns, &top, O_PATH | O_DIRECTORY);
	if (root < 0)
		return root;
	rc = walk(root, rest, &m);
	close(root);
	return rc;
}
