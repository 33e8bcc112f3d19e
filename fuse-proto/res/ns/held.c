// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces that no task of the container is in, but that a descriptor or a socket of it holds: what a manager of
 * containers has, or who left one by setns(2).
 *
 * Whether there are any is known when all descriptors have been looked at, and namespaces stand at the beginning:
 * sockets, links and owners are told by them. To look at all descriptors beforehand would cost those that have none. So
 * the first one that is met is kept, and the container is read once more. It is the container's own if no descriptor and
 * no mount outside shows it; a process outside that is in it is named with all namespaces (leaks.c).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "held.h"
#include "proc.h"

/* Those that are no more than what is read by going there. */
static bool carried(const char *kind)
{
	return !strcmp(kind, "net") || !strcmp(kind, "uts") || !strcmp(kind, "ipc");
}

/* @name is "net:[4026532281]" */
static bool has_descriptor(const struct snap *s, pid_t pid, const char *name)
{
	int dir = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/fd", pid);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	bool has = false;
	struct dirent *e;
	char link[64];
	ssize_t n;

	while (d && !has && (e = readdir(d))) {
		n = readlinkat(dir, e->d_name, link, sizeof(link) - 1);
		has = n > 0 && (size_t)n == strlen(name) && !memcmp(link, name, n);
	}
	if (d)
		closedir(d);
	else if (dir >= 0)
		close(dir);
	return has;
}

/* "47 27 0:4 net:[4026532281] /run/netns/a rw shared:5 - nsfs nsfs rw" */
static bool has_mount(const struct snap *s, pid_t pid, const char *name)
{
	char *text = proc_read(s->proc, NULL, "%d/mountinfo", pid);
	bool has = text && strstr(text, name);

	free(text);
	return has;
}

static bool is_outside(struct snap *s, const char *name)
{
	uint64_t *seen = calloc(s->nr_outside + 1, sizeof(*seen)), ino;
	bool out = !seen;
	size_t i, k, nr = 0;
	int dir;

	for (i = 0; i < s->nr_outside && !out; i++) {
		const pid_t pid = s->outside[i];

		out = pid != getpid() && has_descriptor(s, pid, name);
		dir = out ? -1 : proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/ns", pid);
		ino = dir < 0 ? 0 : ns_ino(dir, "mnt");
		if (dir >= 0)
			close(dir);
		for (k = 0; k < nr && seen[k] != ino; k++)
			;
		if (k < nr || out)
			continue;
		seen[nr++] = ino;
		/* Who is in the container's mount namespace is named for that. */
		out = !ns_by_ino(s, "mnt", ino) && has_mount(s, pid, name);
	}
	free(seen);
	return out;
}

bool held_meet(struct snap *s, const char *kind, ino_t ino, int fd)
{
	char name[64];
	struct held *h;

	snprintf(name, sizeof(name), "%s:[%lu]", kind, (unsigned long)ino);
	if (s->live || !s->held || !carried(kind))
		return false;
	for (h = *s->held; h; h = h->next)
		if (h->ino == ino && !strcmp(h->kind, kind))
			return !h->outside;
	h = malloc(sizeof(*h));
	if (!h)
		return false;
	*h = (struct held){ .kind = kind, .ino = ino, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3), .next = *s->held,
			    .outside = is_outside(s, name) };
	if (h->fd < 0) {
		free(h);
		return false;
	}
	*s->held = h;
	s->again |= !h->outside;
	return !h->outside;
}

void held_free(struct held *first)
{
	struct held *next;

	for (; first; first = next) {
		next = first->next;
		close(first->fd);
		free(first);
	}
}
