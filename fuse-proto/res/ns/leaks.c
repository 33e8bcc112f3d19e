// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces of the container that a process outside is in, too: after a restore it would be in another.
 *
 * The parent of the container's first processes does not count: unshare(1) and its like stay in what
 * they have made, only to wait for the container's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ns.h"
#include "proc.h"

static bool waits_for_us(const struct snap *s, pid_t pid)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (!s->tasks[i].parent && (pid_t)snap_status_num(&s->tasks[i], "PPid", 10) == pid)
			return true;
	return false;
}

static void name_leak(struct snap *s, struct ns *n, pid_t pid)
{
	char *name = pool_printf(&s->pool, "ns/%s-%u", n->kind, n->id);

	n->leaked = true;
	if (name && !strcmp(n->kind, "user"))
		snap_lost(s, name, "process %d outside the cgroup is in it, and will not be in what comes back, which has the same ids", pid);
	else if (name)
		snap_unsupported(s, -EXDEV, name, "process %d outside the cgroup is in it: end that, or move it in",
				 pid);
}

/* It drops packets of the container's connections (tcp_guard.c), where they are, until it runs again. */
static bool is_guard(const struct snap *s, pid_t pid)
{
	char *comm = proc_read(s->proc, NULL, "%d/comm", pid);
	bool yes = comm && !strcmp(comm, "crfs-guard\n");

	free(comm);
	return yes;
}

static void look_at(struct snap *s, struct ns *first, pid_t pid)
{
	int dir = proc_open(s->proc, O_PATH | O_DIRECTORY, "%d/ns", pid);
	struct ns *n;

	for (n = first; n && dir >= 0; n = n->next)
		if (n->id && !n->leaked && ns_ino(dir, n->kind) == n->ino && !waits_for_us(s, pid) &&
		    !(!strcmp(n->kind, "net") && is_guard(s, pid)))
			name_leak(s, n, pid);
	if (dir >= 0)
		close(dir);
}

void ns_leaks(struct snap *s, struct ns *first)
{
	size_t i;

	for (i = 0; first && i < s->nr_outside; i++)
		if (s->outside[i] != getpid())
			look_at(s, first, s->outside[i]);
}
