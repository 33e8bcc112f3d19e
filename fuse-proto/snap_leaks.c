// SPDX-License-Identifier: GPL-2.0-or-later
/* Leaks: open files, pipes and terminals that tasks outside the container have open as well. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fdroom.h"
#include "proc.h"
#include "rooms.h"
#include "snap_files.h"

/** struct seen - the files of the container by device and inode, sorted; and who has leaked */
struct seen {
	struct file **by_ino;
	size_t n;
	bool *named;		/* by file id */
};

static int order(const struct stat *a, const struct stat *b)
{
	if (a->st_ino != b->st_ino)
		return a->st_ino < b->st_ino ? -1 : 1;
	return a->st_dev < b->st_dev ? -1 : a->st_dev > b->st_dev;
}

static int by_ino(const void *a, const void *b)
{
	struct file *const *x = a, *const *y = b;

	return order(&(*x)->st, &(*y)->st);
}

static struct file *find(const struct seen *seen, const struct stat *st)
{
	size_t lo = 0, hi = seen->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = order(st, &seen->by_ino[mid]->st);

		if (!c)
			return seen->by_ino[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* What outlives no checkpoint when somebody else has it: not only the description, the thing
 * itself. */
static bool shared_by_nature(const struct stat *st)
{
	return S_ISFIFO(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && major(st->st_rdev) >= 136 && major(st->st_rdev) <= 143);
}

/*
 * A description that is shared but has nothing in it that could be missed: no position that is
 * used, no state. Daemons inherit /dev/null and logs like this from whoever started them.
 */
static bool harmless(const struct file *f)
{
	return f->room == &res_fd_chardev || f->room == &res_fd_external || (f->flags & O_PATH) ||
	       (f->room == &res_fd_regular && (f->flags & O_APPEND) &&
		(f->flags & O_ACCMODE) == O_WRONLY);
}

static void name_leak(struct snap *s, struct seen *seen, struct file *f, pid_t pid, const char *fd)
{
	if (seen->named[f->id])
		return;
	seen->named[f->id] = true;
	snap_unsupported(s, -EXDEV, file_obj(s, f),
			 "%s is also open outside the container, as descriptor %s of pid %d: "
			 "redirect it, or end that process", f->link, fd, pid);
}

/*
 * What the descriptor shows, as far as the kernel knows without asking anyone: tar has files of our
 * own mount open, and we would wait for ourselves.
 */
static bool stat_fd(int dir, const char *fd, struct stat *st)
{
	struct statx sx;

	if (statx(dir, fd, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &sx) < 0)
		return false;
	*st = (struct stat){
		.st_ino = sx.stx_ino,
		.st_dev = makedev(sx.stx_dev_major, sx.stx_dev_minor),
		.st_rdev = makedev(sx.stx_rdev_major, sx.stx_rdev_minor),
		.st_mode = sx.stx_mode,
	};
	return true;
}

static void look_at(struct snap *s, struct seen *seen, struct task *t, int dir, const char *fd)
{
	struct file *f;
	struct stat st;

	if (!stat_fd(dir, fd, &st))
		return;
	f = find(seen, &st);
	/* Of /dev/null every description is harmless, and everyone has it open. */
	if (!f || f->room == &res_fd_chardev)
		return;
	if (!shared_by_nature(&st) && f->room != &res_fd_mqueue)
		f = files_find(s, t, atoi(fd));
	if (f && !harmless(f))
		name_leak(s, seen, f, t->tid, fd);
}

static void look_into(struct snap *s, struct seen *seen, pid_t pid)
{
	struct task t = { .tid = pid, .tgid = pid, .leader = &t };
	int dir = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/fd", pid);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			look_at(s, seen, &t, dir, e->d_name);
	if (d)
		closedir(d);
	else if (dir >= 0)
		close(dir);
	files_forget(s, &t);
}

/* Another crfs that looks at the same container has duplicates of its files for a moment only. */
static bool is_crfs(struct snap *s, pid_t pid)
{
	char *comm = proc_read(s->proc, NULL, "%d/comm", pid);
	bool yes = comm && !strcmp(comm, "crfs\n");

	free(comm);
	return yes;
}

int files_leaks(struct snap *s)
{
	struct seen seen = { .n = s->nr_files };
	size_t i;
	int rc = 0;

	if (!s->nr_files || s->live)
		return 0;
	seen.by_ino = malloc(seen.n * sizeof(*seen.by_ino));
	seen.named = calloc(seen.n + 1, sizeof(*seen.named));
	if (seen.by_ino && seen.named) {
		memcpy(seen.by_ino, s->files, seen.n * sizeof(*seen.by_ino));
		qsort(seen.by_ino, seen.n, sizeof(*seen.by_ino), by_ino);
		for (i = 0; i < s->nr_outside; i++)
			if (s->outside[i] != getpid() && !is_crfs(s, s->outside[i]))
				look_into(s, &seen, s->outside[i]);
	} else {
		rc = fail(s->err, -ENOMEM, "looking for leaks");
	}
	free(seen.by_ino);
	free(seen.named);
	return rc;
}
