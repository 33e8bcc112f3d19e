// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timerfd(2): clock, interval, what remains, and expirations not yet read.
 *
 * From fdinfo (Linux 3.17) and timerfd_gettime(2), which brings a periodic timer up to date as a
 * read would. Time goes on while a container is frozen, and so does a timer. A relative timer is
 * put back with what remained, an absolute one at its time, on its clock. Ticks are put back with
 * TFD_IOC_SET_TICKS (3.17, CONFIG_CHECKPOINT_RESTORE). An absolute time is known to a
 * fraction of a microsecond, and taken to be the roundest it can be.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/fd/timerfd.h>

#include "epoll.h"
#include "fdroom.h"
#include "proc.h"
#include "rooms.h"

#define NS 1000000000LL
#define SET_TICKS _IOW('T', 0, uint64_t)

static bool timerfd_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[timerfd]");
}

static uint64_t ns(const struct timespec *t)
{
	return t->tv_sec * NS + t->tv_nsec;
}

static struct timespec ts(uint64_t v)
{
	return (struct timespec){ v / NS, v % NS };
}

/* The number of @lo to @hi that ends in most zeros: whoever sets a time likes round ones. */
static int64_t roundest(int64_t lo, int64_t hi)
{
	int64_t step, best = hi;

	for (step = 10; step <= NS && hi / step * step >= lo; step *= 10)
		best = hi / step * step;
	return best;
}

/* Without a clock that can wake the machine, the alarm clocks cannot even be read. */
static clockid_t base_clock(clockid_t id)
{
	return id == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME :
	       id == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : id;
}

/* No moment is behind the last one (KTIME_MAX), which stands for never. */
static int64_t later(const struct timespec *t, int64_t rest)
{
	const uint64_t v = ns(t) + rest;

	return v < INT64_MAX ? v : INT64_MAX;
}

/* When it expires, on its clock: between what the clock said before and after we were told. */
static int64_t expires(int fd, clockid_t id)
{
	int64_t lo = 0, hi = INT64_MAX, rest;
	struct timespec before, after;
	struct itimerspec it;
	int i;

	for (i = 0; i < 8; i++) {
		if (clock_gettime(id, &before) < 0 || timerfd_gettime(fd, &it) < 0 ||
		    clock_gettime(id, &after) < 0)
			return 0;
		rest = ns(&it.it_value);
		lo = lo > later(&before, rest) ? lo : later(&before, rest);
		hi = hi < later(&after, rest) ? hi : later(&after, rest);
	}
	return lo <= hi && hi < INT64_MAX ? roundest(lo, hi) : hi;
}

static int fill(struct snap *s, const struct file *f, struct crfs_fd_timerfd *r)
{
	char *info __attribute__((cleanup(file_free))) = NULL;
	struct file now = *f;
	struct itimerspec it;
	uint64_t clockid, ticks, flags;

	if (timerfd_gettime(f->dup, &it) < 0)
		return -errno;
	info = proc_read(s->proc, NULL, "self/fdinfo/%d", f->dup);
	now.info = info;
	if (!info || !file_info_num(&now, "clockid", 10, &clockid) ||
	    !file_info_num(&now, "ticks", 10, &ticks) ||
	    !file_info_num(&now, "settime flags", 8, &flags))
		return -EIO;
	*r = (struct crfs_fd_timerfd){ .clock = clockid, .settime_flags = flags, .ticks = ticks,
		.interval_ns = ns(&it.it_interval), .remaining_ns = ns(&it.it_value) };
	if (r->remaining_ns && (flags & TFD_TIMER_ABSTIME))
		r->expires_ns = expires(f->dup, base_clock(clockid));
	return 0;
}

static int timerfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_timerfd r;
	struct file *f = obj;
	int rc = fill(s, f, &r);

	if (rc)
		return fail_on(s->err, rc, file_obj(s, f), "timerfd_gettime");
	text_section(out, &crfs_fd_timerfd_shape);
	text_rec(out, &crfs_fd_timerfd_shape, &r);
	return 0;
}

static void timerfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_timerfd *r = image_rec(o, &res_fd_timerfd, 0);

	if (r && r->clock != CLOCK_REALTIME && r->clock != CLOCK_MONOTONIC && r->clock != CLOCK_BOOTTIME &&
	    r->clock != CLOCK_REALTIME_ALARM && r->clock != CLOCK_BOOTTIME_ALARM)
		image_mismatch(im, -EINVAL, o->path, "clock %u: no timerfd has it", (unsigned int)r->clock);
}

static int arm(int fd, const struct crfs_fd_timerfd *r)
{
	bool abs = r->settime_flags & TFD_TIMER_ABSTIME;
	struct itimerspec it = { .it_interval = ts(r->interval_ns),
				 .it_value = ts(abs && r->remaining_ns ? (uint64_t)r->expires_ns :
						r->remaining_ns) };
	uint64_t ticks = r->ticks;

	if (timerfd_settime(fd, r->settime_flags, &it, NULL) < 0)
		return -errno;
	return ticks && ioctl(fd, SET_TICKS, &ticks) < 0 ? -errno : 0;
}

/* With a tick that never was, before it is set. */
static int fire(struct restore *rs, struct iobj *o)
{
	uint64_t tick = 1;
	int rc;

	if (ioctl(o->fd, SET_TICKS, &tick) < 0)
		return fail_on(rs->err, -errno, o->path, "TFD_IOC_SET_TICKS");
	rc = epoll_fire(rs, o, o->fd);
	if (read(o->fd, &tick, sizeof(tick)) != sizeof(tick) && !rc)
		rc = fail_on(rs->err, -EIO, o->path, "reading a tick");
	return rc;
}

static int timerfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_timerfd *r = image_rec(o, &res_fd_timerfd, 0);
	int fd = timerfd_create(r->clock, TFD_CLOEXEC), rc;

	if (fd < 0)
		return fail_on(rs->err, -errno, o->path, "timerfd_create");
	o->fd = fd;
	rc = o->fired ? fire(rs, o) : 0;
	if (rc)
		return rc;
	rc = arm(fd, r);
	if (rc)
		return fail_on(rs->err, rc, o->path, "setting the timer");
	return file_made(rs, o, fd);
}

const struct resource res_fd_timerfd = {
	.name = "timerfd",
	.scope = PER_FILE,
	.fires = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_timerfd_shape, NULL },
	.match = timerfd_match,
	.read = timerfd_read,
	.check = timerfd_check,
	.make = timerfd_make,
};
