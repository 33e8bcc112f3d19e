// SPDX-License-Identifier: GPL-2.0-or-later
/* Going into a namespace of the container, and coming back. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ns.h"
#include "proc.h"
#include "visit.h"

static bool same(int a, int b)
{
	struct stat x, y;

	return a >= 0 && b >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Where we are already nobody needs a right to go. Takes over @fd, a descriptor or why there is none. */
static int begin(struct snap *s, int fd, const char *kind, int type, struct visit *v)
{
	int rc = fd < 0 ? fd : 0;

	*v = (struct visit){ .own = proc_open(s->proc, O_RDONLY, "thread-self/ns/%s", kind),
			     .type = type };
	if (!rc && v->own < 0)
		rc = v->own;
	v->away = !rc && !same(fd, v->own);
	if (v->away && setns(fd, type))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc && v->own >= 0)
		close(v->own);
	return rc;
}

int visit_begin(struct snap *s, const struct task *t, const char *kind, int type, struct visit *v)
{
	return begin(s, proc_open(s->proc, O_RDONLY, "%d/ns/%s", t->tid, kind), kind, type, v);
}

int visit_ns(struct snap *s, const struct ns *n, int type, struct visit *v)
{
	return begin(s, ns_open(s, n), n->kind, type, v);
}

int visit_end(struct visit *v)
{
	int rc = v->away && setns(v->own, v->type) ? -errno : 0;

	close(v->own);
	return rc;
}
