// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file or directory that is made aside, and gets its name when it is whole: so that what has the name is
 * always that, whoever is ended in the middle of it, and what had it before stays until then.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aside.h"

static int nowhere(struct aside *a, struct err *e, const char *what)
{
	int r = fail_on(e, -errno, a->name, "%s", what);

	free(a->temp);
	a->temp = NULL;
	a->fd = -1;
	return r;
}

static int temp_name(struct aside *a, const char *name, struct err *e)
{
	*a = (struct aside){ .name = name, .fd = -1 };
	if (asprintf(&a->temp, "%s.XXXXXX", name) >= 0)
		return 0;
	a->temp = NULL;
	return fail_on(e, -ENOMEM, name, "memory for its name");
}

/* Not every file system can, and who cannot write in the directory finds that out by the other way. */
static bool begin_nameless(struct aside *a, const char *name)
{
	char dir[PATH_MAX];

	if (strlen(name) >= sizeof(dir))
		return false;
	*a = (struct aside){ .name = name, .nameless = true };
	a->fd = open(dirname(strcpy(dir, name)), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (a->fd < 0)
		return false;
	fchmod(a->fd, 0600);	/* whatever the umask, as mkstemp(3) has it */
	return true;
}

int aside_file(struct aside *a, const char *name, struct err *e)
{
	struct stat st;

	if (lstat(name, &st) < 0 || S_ISREG(st.st_mode)) {
		if (begin_nameless(a, name))
			return 0;
		if (temp_name(a, name, e) < 0)
			return e->code;
		a->fd = mkostemp(a->temp, O_CLOEXEC);
	} else {
		*a = (struct aside){ .name = name };
		a->fd = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
	}
	return a->fd < 0 ? nowhere(a, e, "make the file") : 0;
}

int aside_dir(struct aside *a, const char *name, struct err *e)
{
	struct stat st;

	if (temp_name(a, name, e) < 0)
		return e->code;
	if (!lstat(name, &st)) {
		errno = EEXIST;
		return nowhere(a, e, "it exists: name a directory that does not");
	}
	if (!mkdtemp(a->temp))
		return nowhere(a, e, "make the directory");
	a->fd = open(a->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->fd >= 0)
		return 0;
	fail_on(e, -errno, name, "open the directory");
	rmdir(a->temp);
	return nowhere(a, e, "");	/* the first reason is the one that is said */
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *f)
{
	(void)st; (void)f;
	return what == FTW_DP ? rmdir(path) : unlink(path);
}

/* Whoever is not root needs to write in a directory to empty it. */
static int open_one(const char *path, const struct stat *st, int what, struct FTW *f)
{
	(void)st; (void)f;
	return what == FTW_D ? chmod(path, 0700) : 0;
}

static void remove_all(const char *temp)
{
	nftw(temp, open_one, 16, FTW_PHYS);
	nftw(temp, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

/* Its first name, see O_TMPFILE in open(2): the one it shall have, or where that is taken, one beside it. */
static int first_name(struct aside *a, struct err *e)
{
	char self[32];
	uint32_t x;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", a->fd);
	if (!linkat(AT_FDCWD, self, AT_FDCWD, a->name, AT_SYMLINK_FOLLOW))
		return 0;
	while (errno == EEXIST && getrandom(&x, sizeof(x), 0) == sizeof(x)) {
		free(a->temp);
		if (asprintf(&a->temp, "%s.%06x", a->name, x & 0xffffff) < 0) {
			a->temp = NULL;
			return fail_on(e, -ENOMEM, a->name, "memory for its name");
		}
		if (!linkat(AT_FDCWD, self, AT_FDCWD, a->temp, AT_SYMLINK_FOLLOW))
			return 0;
	}
	return fail_on(e, -errno, a->name, "give it its name");
}

static int give_name(struct aside *a, bool dir, struct err *e)
{
	/* A directory has no bytes of its own; and not every file system can say that they are there. */
	if (!dir && fsync(a->fd) < 0 && errno != EINVAL)
		return fail_on(e, -errno, a->name, "write it: make room for it");
	if (a->nameless && first_name(a, e) < 0)
		return e->code;
	if (!a->temp)
		return 0;
	if (renameat2(AT_FDCWD, a->temp, AT_FDCWD, a->name, dir ? RENAME_NOREPLACE : 0) < 0)
		return fail_on(e, -errno, a->name, "give it its name");
	return 0;
}

int aside_done(struct aside *a, int r, struct err *e)
{
	struct stat st;
	bool dir;

	if (a->fd < 0)
		return r;
	dir = !fstat(a->fd, &st) && S_ISDIR(st.st_mode);
	if (!r && aside_is_file(a))
		r = give_name(a, dir, e);
	if (r < 0 && a->temp && dir)
		remove_all(a->temp);
	else if (r < 0 && a->temp)
		unlink(a->temp);
	if (close(a->fd) < 0 && !r)	/* of a device or a pipe that is all there is to say */
		r = fail_on(e, -errno, a->name, "write it: make room for it");
	free(a->temp);
	*a = (struct aside){ .name = a->name, .fd = -1 };
	return r;
}
