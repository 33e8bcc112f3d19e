// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking, for the kernel filesystem, at what takes system calls: a network namespace.
 *
 *	restore net task=PID tid=TID id=N
 *
 * The text of ns/net-N goes to FD_ROOT, obstacles and losses to FD_REPORT. All is asked of the kernel in the
 * namespace of task PID, which the tree calls TID; other namespaces than the first make no difference to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.h"
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

static int take_args(int argc, char **argv, struct task *t, struct ns *n)
{
	int i;

	for (i = 2; i < argc; i++)
		if (!strncmp(argv[i], "task=", 5))
			t->tid = atoi(argv[i] + 5);
		else if (!strncmp(argv[i], "tid=", 4))
			t->vtid = atoi(argv[i] + 4);
		else if (!strncmp(argv[i], "id=", 3))
			n->id = atoi(argv[i] + 3);
		else
			return -EINVAL;
	return t->tid > 0 && n->id ? 0 : -EINVAL;
}

int look(int argc, char **argv)
{
	const struct options opts = { .cgroup = NULL };
	struct err e = { .code = 0 };
	struct task t = { .tid = 0 };
	struct snap s = { .opts = &opts, .err = &e, .tasks = &t, .nr_tasks = 1,
			  .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	struct ns n = { .kind = "net", .room = &res_ns_net, .task = &t };
	struct text out = { 0 };
	struct crfs_str str;
	int rc = s.proc < 0 ? -errno : take_args(argc, argv, &t, &n);

	if (!rc && drop_capabilities() < 0)
		rc = -EPERM;
	if (!rc)
		rc = n.room->read(&s, &n, &out);
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
