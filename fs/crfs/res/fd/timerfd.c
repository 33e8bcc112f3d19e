// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd(2): clock, interval, remaining time, and expirations that were not read; fdinfo has
 * all of it. Time goes on while a container is frozen. An absolute time is taken to be the
 * roundest that it can be, between what the clock said before and after. One with an interval that
 * has gone off stands still until somebody asks; fdinfo does not ask, so what it would say is reckoned.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/ktime.h>
#include <linux/timerfd.h>

#include <crfs/res/fd/timerfd.h>

#include "internal.h"

static bool timerfd_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[timerfd]");
}

/* "it_value: (3599, 123456)" */
static bool pair(const struct text *info, const char *key, u64 *ns)
{
	const char *p = info_line(info, key);
	u64 sec, nsec;
	char *end;

	if (!p || *p != '(')
		return false;
	sec = simple_strtoull(p + 1, &end, 10);
	if (*end != ',')
		return false;
	nsec = simple_strtoull(end + 2, &end, 10);
	*ns = sec * NSEC_PER_SEC + nsec;
	return true;
}

static s64 clock_now(u64 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return ktime_get_real_ns();
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return ktime_get_boottime_ns();
	default:
		return ktime_get_ns();
	}
}

/* The number of @lo to @hi that ends in most zeros: whoever sets a time likes round ones. */
static s64 roundest(s64 lo, s64 hi)
{
	s64 step, best = hi;

	for (step = 10; step <= NSEC_PER_SEC && div64_s64(hi, step) * step >= lo; step *= 10)
		best = div64_s64(hi, step) * step;
	return best;
}

/* No moment is behind the last one, which stands for never. */
static s64 later(s64 now, s64 rest)
{
	return min_t(u64, (u64)now + rest, KTIME_MAX);
}

static int fill(struct cfile *f, struct crfs_fd_timerfd *r, s64 *lo, s64 *hi)
{
	struct text info = { .failed = false };
	u64 clock = 0, ticks, flags, value, interval;
	s64 before[3] = { ktime_get_real_ns(), ktime_get_ns(), ktime_get_boottime_ns() };
	int rc = show_fdinfo(f->file, &info);
	s64 was;

	if (!rc && !(info_num(&info, "clockid", 10, &clock) && info_num(&info, "ticks", 10, &ticks) &&
		     info_num(&info, "settime flags", 8, &flags) && pair(&info, "it_value", &value) &&
		     pair(&info, "it_interval", &interval)))
		rc = info.failed ? -ENOMEM : -EIO;
	text_free(&info);
	if (rc)
		return rc;
	was = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM ? before[0] :
	      clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM ? before[2] : before[1];
	*r = (struct crfs_fd_timerfd){ .clock = clock, .settime_flags = flags, .ticks = ticks,
				       .interval_ns = interval, .remaining_ns = value };
	*lo = max_t(s64, *lo, later(was, value));
	*hi = min_t(s64, *hi, later(clock_now(clock), value));
	return 0;
}

/*
 * Both struct hrtimer and struct alarm begin with the node that has the time, and one of them begins the
 * private struct timerfd_ctx; what it cannot be is not taken for it.
 */
static s64 expires(const struct cfile *f, s64 lo, s64 hi)
{
	const struct timerqueue_node *node = f->file->private_data;

	if (node->expires >= lo && node->expires <= hi)
		return node->expires;
	return lo <= hi ? roundest(lo, hi) : hi;
}

/*
 * As timerfd_gettime(2) would forward it, which takes back a time that a clock set back has yet to come to. Where
 * that stands is known as above; one that was never armed has none, and what goes off is in no queue.
 * Return: when it goes off next, on its clock; 0: it does not stand still.
 */
static s64 forward(const struct cfile *f, struct crfs_fd_timerfd *r)
{
	const struct timerqueue_node *node = f->file->private_data;
	s64 since = clock_now(r->clock) - node->expires, more;

	if (r->remaining_ns || !r->interval_ns || !r->ticks || !RB_EMPTY_NODE(&node->node) || node->expires <= 0)
		return 0;
	more = since < 0 ? -1 : div64_s64(since, r->interval_ns);
	r->ticks += more;
	r->remaining_ns = (more + 1) * r->interval_ns - since;
	return node->expires + (more + 1) * r->interval_ns;
}

static int timerfd_read(struct snap *s, void *obj, struct text *out)
{
	s64 lo = 0, hi = S64_MAX, next;
	struct crfs_fd_timerfd r;
	int i, rc = 0;

	for (i = 0; i < 8 && !rc; i++)
		rc = fill(obj, &r, &lo, &hi);
	if (rc)
		return rc;
	next = forward(obj, &r);
	if (r.remaining_ns && r.settime_flags & TFD_TIMER_ABSTIME)
		r.expires_ns = next ?: expires(obj, lo, hi);
	text_section(out, &crfs_fd_timerfd_shape);
	text_rec(out, &crfs_fd_timerfd_shape, &r);
	return 0;
}

const struct room res_fd_timerfd = {
	.name = "timerfd",
	.scope = PER_FILE,
	.fires = true,
	.match = timerfd_match,
	.read = timerfd_read,
};
