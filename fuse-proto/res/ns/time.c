// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A time namespace: what it adds to CLOCK_MONOTONIC and CLOCK_BOOTTIME; time_namespaces(7).
 *
 * From /proc/<pid>/timens_offsets, which tells of the namespace that a task's children go to, and so of
 * its own if that is the same (ns.c looks). Put back by unshare(2) in the controller, for its children,
 * before there are any: then nothing can be changed any more. The offsets are kept, not the clocks: on
 * another machine these differ by what the machines' do.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/ns/time.h>

#include "ns.h"
#include "res/task/timens.h"
#include "proc.h"
#include "rooms.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define SECOND 1000000000LL

/* "monotonic      1000         5"; proc(5) */
static bool offset_of(const char *text, const char *clock, int64_t *ns)
{
	const char *p = text ? strstr(text, clock) : NULL;
	long long sec, nsec;

	if (!p || sscanf(p + strlen(clock), "%lld %lld", &sec, &nsec) != 2)
		return false;
	*ns = sec * SECOND + nsec;
	return true;
}

static int time_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj;
	char *text = proc_read(s->proc, NULL, "%d/timens_offsets", n->task->tid);
	struct crfs_ns_time c = { 0 };
	int64_t monotonic, boottime;
	bool ok = offset_of(text, "monotonic", &monotonic) && offset_of(text, "boottime", &boottime);

	free(text);
	if (!ok)
		return fail(s->err, -EIO, "timens_offsets of tasks/%d", n->task->vtid);
	c.monotonic_ns = monotonic;
	c.boottime_ns = boottime;
	text_section(out, &crfs_ns_time_shape);
	text_rec(out, &crfs_ns_time_shape, &c);
	return 0;
}

static void time_check(struct image *im, struct iobj *o)
{
	if (o == timens_home(im))
		o->wanted = true;	/* that of all tasks that do not say otherwise; there is one such */
	if (access("/proc/self/timens_offsets", F_OK))
		image_mismatch(im, -EOPNOTSUPP, o->path, "this kernel has no time namespaces: use one that has (CONFIG_TIME_NS)");
}

/* The remainder of a second is never negative. */
static int print_offset(char *to, size_t size, const char *clock, int64_t ns)
{
	long long sec = ns / SECOND - (ns % SECOND < 0);

	return snprintf(to, size, "%s %lld %lld\n", clock, sec, ns - sec * SECOND);
}

/* For the controller's next children, and kept. */
static int make_one(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_time *c = image_rec(o, &res_ns_time, 0);
	char text[160];
	int fd, n, rc = 0;

	if (unshare(CLONE_NEWTIME))
		return fail_on(rs->err, -errno, o->path, "unshare(CLONE_NEWTIME)");
	n = print_offset(text, sizeof(text), "monotonic", c->monotonic_ns);
	n += print_offset(text + n, sizeof(text) - n, "boottime", c->boottime_ns);
	fd = proc_open(rs->proc, O_WRONLY, "self/timens_offsets");
	if (fd < 0 || write(fd, text, n) != n)
		rc = fd < 0 ? fd : -errno;
	if (fd >= 0)
		close(fd);
	if (rc)
		return fail_on(rs->err, rc, o->path, "setting the offsets: a clock would be negative or too large here: edit them, or mount with CAP_SYS_TIME");
	o->fd = proc_open(rs->proc, O_RDONLY, "self/ns/time_for_children");
	return o->fd < 0 ? fail_on(rs->err, o->fd, o->path, "keeping it") : 0;
}

/*
 * All at once, that of the first task last, so that tasks are born there; where that is the mounter's, the
 * controller goes back to what it is in, which changes where its children go.
 */
static int time_make(struct restore *rs, struct iobj *o)
{
	struct iobj *home = timens_home(rs->im), *all = rs->im->objs[IOBJ_NS];
	size_t i;
	int rc = 0;

	if (o->fd >= 0)
		return 0;
	rs->base_time = proc_open(rs->proc, O_RDONLY, "self/ns/time");
	if (rs->base_time < 0)
		return fail_on(rs->err, rs->base_time, o->path, "/proc/self/ns/time");
	for (i = 0; i < rs->im->nr[IOBJ_NS] && !rc; i++)
		if (all[i].room == &res_ns_time && &all[i] != home)
			rc = make_one(rs, &all[i]);
	if (!rc && home)
		return make_one(rs, home);
	if (!rc && setns(rs->base_time, CLONE_NEWTIME))
		rc = fail_on(rs->err, -errno, o->path, "leaving it");
	return rc;
}

static int64_t offset_on(clockid_t clock, int64_t monotonic, int64_t boottime)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
		return monotonic;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return boottime;
	default:
		return 0;
	}
}

/* The controller's own file tells of its children's namespace by now; the front end's tells where both are. */
int64_t time_ahead(const struct restore *rs, const struct rtask *rt, clockid_t clock)
{
	const struct iobj *o = timens_of(rs->im, rt);
	const struct crfs_ns_time *c = o ? image_rec(o, &res_ns_time, 0) : NULL;
	int64_t monotonic = 0, boottime = 0;
	char *text;

	if (!c)
		return 0;
	text = proc_read(rs->proc, NULL, "%d/timens_offsets", getppid());
	if (offset_of(text, "monotonic", &monotonic))
		offset_of(text, "boottime", &boottime);
	free(text);
	return offset_on(clock, c->monotonic_ns, c->boottime_ns) - offset_on(clock, monotonic, boottime);
}

const struct resource res_ns_time = {
	.name = "time",
	.scope = PER_NS,
	.shapes = (const struct crfs_shape *const[]){ &crfs_ns_time_shape, NULL },
	.read = time_read,
	.check = time_check,
	.make = time_make,
};
