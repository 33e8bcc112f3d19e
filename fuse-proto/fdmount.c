// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounts that a task sees, by device; from /proc/<tid>/mountinfo. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fdmount.h"
#include "fdroom.h"
#include "proc.h"

/* \040 and its like, in place */
static void unescape(char *p)
{
	char *q = p;

	for (; *p; q++) {
		if (*p == '\\' && p[1] && p[2] && p[3]) {
			*q = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
			p += 4;
		} else {
			*q = *p++;
		}
	}
	*q = '\0';
}

static int open_if(struct snap *s, const struct task *t, const char *point, dev_t dev)
{
	int root = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/task/%d/root/", t->tgid, t->tid);
	struct stat st;
	int fd;

	if (root < 0)
		return root;
	fd = openat(root, point[1] ? point + 1 : ".", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	close(root);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_dev == dev)
		return fd;
	close(fd);	/* another mount covers it */
	return -ENOENT;
}

/** struct sought - what is looked for by way of one mount after the other; @at: what was found */
struct sought {
	struct snap *s;
	const struct file *f;
	struct file_handle *h;
	struct file at;
};

/*
 * A mount of a part shows what is elsewhere in the file system, too, but by no path. The link is as we see it, so it
 * leads there from the root of the namespace, also where the task's own is another one (chroot(2)).
 */
static bool leads_there(const struct sought *x)
{
	int root = snap_root(x->s, x->f->task);
	const char *path = x->at.link;
	struct stat st;
	bool yes = root >= 0 && *path == '/' && !fstatat(root, path[1] ? path + 1 : ".", &st, AT_SYMLINK_NOFOLLOW) &&
		   st.st_dev == x->at.st.st_dev && st.st_ino == x->at.st.st_ino;

	if (root >= 0)
		close(root);
	return yes;
}

/* The first that is found at all stays, if none leads there: it may be deleted. Return: is it the one? */
static bool try(struct sought *x, int mount)
{
	int fd = open_by_handle_at(mount, x->h, O_PATH), before = x->at.dup;
	char *link = fd < 0 ? NULL : proc_link(x->s->proc, "self/fd/%d", fd);
	const char *was = x->at.link;
	bool yes = false;

	x->at.link = link ? pool_strdup(&x->s->scratch, link) : NULL;
	x->at.dup = fd;
	free(link);
	if (x->at.link && !fstat(fd, &x->at.st))
		yes = leads_there(x);
	if (!yes && before >= 0) {
		x->at.link = was;
		x->at.dup = before;
		before = fd;
	}
	if (before >= 0)
		close(before);
	return yes;
}

static void seek(struct sought *x, dev_t dev)
{
	struct task *t = x->f->task;
	char *info = proc_read(x->s->proc, NULL, "%d/mountinfo", t->tid), *line, *next;
	unsigned int major, minor;
	char point[PATH_MAX];
	bool found = false;
	int fd;

	for (line = info; line && *line && !found; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major, &minor, point) != 3 ||
		    makedev(major, minor) != dev)
			continue;
		unescape(point);
		fd = open_if(x->s, t, point, dev);
		if (fd < 0)
			continue;
		found = try(x, fd);
		close(fd);
	}
	free(info);
	/* In a directory that is no mount, chroot(2) leaves none to be told of but what is mounted below. */
	fd = found ? -1 : open_if(x->s, t, "/", dev);
	if (fd >= 0) {
		try(x, fd);
		close(fd);
	}
}

int handle_place(struct snap *s, const struct file *f, dev_t dev, struct file_handle *h, struct place *p)
{
	struct sought x = { .s = s, .f = f, .h = h, .at = *f };
	int rc;

	x.at.dup = -1;
	x.at.link = NULL;
	if (h->handle_bytes)
		seek(&x, dev);
	if (x.at.dup < 0)
		return 1;
	rc = !x.at.link || fstat(x.at.dup, &x.at.st) < 0 ? 1 : file_place(s, &x.at, p);
	close(x.at.dup);
	return rc ? rc : p->gone;
}
