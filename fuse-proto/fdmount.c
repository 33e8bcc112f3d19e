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

int mount_of(struct snap *s, struct task *t, dev_t dev)
{
	char *info = proc_read(s->proc, NULL, "%d/mountinfo", t->tid), *line, *next;
	char point[PATH_MAX];
	unsigned int major, minor;
	int fd = info ? -ENOENT : -errno;

	for (line = info; line && *line && fd == -ENOENT; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major, &minor, point) != 3 ||
		    makedev(major, minor) != dev)
			continue;
		unescape(point);
		fd = open_if(s, t, point, dev);
		fd = fd < 0 ? -ENOENT : fd;
	}
	free(info);
	return fd;
}

int handle_place(struct snap *s, const struct file *f, dev_t dev, struct file_handle *h, struct place *p)
{
	struct file at = *f;
	char *link;
	int mount, rc;

	mount = h->handle_bytes ? mount_of(s, f->task, dev) : -ENOENT;
	if (mount < 0)
		return 1;
	at.dup = open_by_handle_at(mount, h, O_PATH);
	close(mount);
	if (at.dup < 0)
		return 1;
	link = proc_link(s->proc, "self/fd/%d", at.dup);
	at.link = link ? pool_strdup(&s->scratch, link) : NULL;
	free(link);
	rc = !at.link || fstat(at.dup, &at.st) < 0 ? 1 : file_place(s, &at, p);
	close(at.dup);
	return rc ? rc : p->gone;
}
