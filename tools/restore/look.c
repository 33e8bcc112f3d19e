// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking, for the kernel filesystem, at what takes system calls: a network namespace.
 *
 *	restore net id=N net=N... [outside] [external=NAME=THING]...
 *
 * The text of ns/net-N goes to FD_ROOT, obstacles and losses to FD_REPORT. All is asked of the kernel in that namespace;
 * other ones than the first make no difference to it. The container's network namespaces are descriptors from FD_NET on, in
 * the order of the arguments: links may lead from one to another. Behind them is the one, outside, in which links that are declared
 * external have their other ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.h"
#include "external.h"
#include "res/ns/ns.h"
#include "restore.h"
#include "rooms.h"

static int write_all(int fd, const char *p, size_t n)
{
	ssize_t w;

	for (; n; p += w, n -= w) {
		w = write(fd, p, n);
		if (w <= 0)
			return w ? -errno : -EIO;
	}
	return 0;
}

static struct ns *add(struct snap *s, struct ns *last, unsigned int id, int fd)
{
	struct ns *n = pool_alloc(&s->scratch, sizeof(*n));

	if (!n)
		return NULL;
	*n = (struct ns){ .id = id, .kind = "net", .room = &res_ns_net, .fd = fd };
	if (last)
		last->next = n;
	return n;
}

/* Return: 0 and the one that is to be looked at, or a negative errno */
static int take_args(struct snap *s, struct options *opts, int argc, char **argv, struct ns **which)
{
	struct ns *first = NULL, *n = NULL;
	unsigned int id = 0;
	int i, fd = FD_NET;

	for (i = 2; i < argc; i++)
		if (!strncmp(argv[i], "id=", 3)) {
			id = atoi(argv[i] + 3);
		} else if (!strncmp(argv[i], "net=", 4)) {
			if (fcntl(fd, F_SETFD, FD_CLOEXEC))
				return -errno;
			n = add(s, n, atoi(argv[i] + 4), fd++);
			if (!n)
				return -ENOMEM;
			first = first ?: n;
		} else if (!strcmp(argv[i], "outside")) {
			if (setns(fd, CLONE_NEWNET) < 0)
				return -errno;
			close(fd++);
		} else if (strncmp(argv[i], "external=", 9) || external_add(opts, argv[i] + 9)) {
			return -EINVAL;
		}
	for (n = first; n && n->id != id; n = n->next)
		;
	*which = n;
	return !n ? -EINVAL : ns_told(s, first);
}

int look(int argc, char **argv)
{
	struct options opts = { .cgroup = NULL };
	struct err e = { .code = 0 };
	struct task t = { .tid = 0 };
	struct snap s = { .opts = &opts, .err = &e, .tasks = &t, .nr_tasks = 1,
			  .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct ns *n = NULL;
	struct text out = { 0 };
	struct crfs_str str;
	int rc = s.proc < 0 ? -errno : take_args(&s, &opts, argc, argv, &n);

	if (!rc && drop_capabilities() < 0)
		rc = -EPERM;
	if (!rc)
		rc = n->room->read(&s, n, &out);
	str = text_str(&out);
	if (!rc && text_failed(&out))
		rc = -ENOMEM;
	if (!rc)
		rc = write_all(FD_ROOT, str.p, str.len);
	if (!rc && s.unsupported.text)
		rc = write_all(FD_REPORT, s.unsupported.text, s.unsupported.len);
	if (!rc && s.lost.text)
		rc = write_all(FD_REPORT, s.lost.text, s.lost.len);
	text_free(&out);
	pool_free(&s.pool);
	pool_free(&s.scratch);
	return -rc & 0x7f;
}
