// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting events into the queue of a new inotify instance: by letting them happen (inotify_event.c).
 *
 * Whatever is made to happen has events behind it that are not wanted, IN_IGNORED of the watch at least. A full
 * queue that has its overflow takes none, and says nothing (fsnotify_insert_event()). So it is filled with rubbish,
 * and read just as far as there must be room for the next wanted one; what is left of the rubbish is read last.
 *
 *     rubbish OVERFLOW 1 2 3	before the 4th, with room for one
 *
 * The overflow is that of the filling, and goes with the rubbish. Where an overflow is wanted, behind the pth event,
 * that of the filling has to be gone when the pth is made, which is the last to find room, so that the next to come
 * is an overflow again: what fills the queue then must stand behind the first.
 *
 *     rubbish OVERFLOW rubbish 1 2	the 4th shall be the last before the overflow
 *     rubbish 1 2 3 4 OVERFLOW
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <crfs/inotify.h>

#include "inotify_event.h"
#include "inotify_queue.h"

#define UNIT sizeof(struct inotify_event)	/* the size of rubbish, and of an overflow */

/**
 * struct queue - of an instance
 * @e, @n: the events that are wanted; @at: which of them is the overflow, @n: none
 * @len, @max: how many are in it, and fit
 * @wd: numbers of the watches for rubbish
 * @turn: what made the last rubbish
 */
struct queue {
	struct scratch s;
	const struct crfs_inotify_event *e;
	size_t n, at, len, max;
	int wd[2];
	bool turn;
};

long inotify_queue_max(const char *proc)
{
	char path[64];
	FILE *f;
	long max = -1;

	snprintf(path, sizeof(path), "%ssys/fs/inotify/max_queued_events", proc);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%ld", &max) != 1)
			max = -1;
		fclose(f);
	}
	return max;
}

bool inotify_queue_fits(const struct crfs_inotify_event *e, size_t n, size_t max)
{
	size_t at;

	for (at = 0; at < n && !(e[at].mask & IN_Q_OVERFLOW); at++)
		;
	return at == n ? n < max : at + 1 == n ? at <= max : n <= max;
}

static bool is_wanted(const struct queue *q, int wd)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (q->e[i].wd == wd)
			return true;
	return false;
}

/* Two things in turn, so that none is merged with the one before. */
static int watch_rubbish(struct queue *q)
{
	int wd = INT_MAX, rc;

	for (; is_wanted(q, wd); wd--)
		;
	q->wd[0] = wd--;
	for (; is_wanted(q, wd); wd--)
		;
	q->wd[1] = wd;
	rc = scratch_watch(&q->s, q->s.top, "a", q->wd[0], IN_ACCESS);
	return rc ? rc : scratch_watch(&q->s, q->s.top, "b", q->wd[1], IN_ACCESS);
}

/* @n more; the first for which there is no room is an overflow. */
static int fill(struct queue *q, size_t n)
{
	char byte;

	for (; n; n--, q->len++, q->turn = !q->turn)
		if (pread(q->turn ? q->s.b : q->s.a, &byte, 1, 0) != 1)
			return -EIO;
	return 0;
}

/* Read off until there are @len. */
static int drop(struct queue *q, size_t len)
{
	char buf[UNIT * 256];
	ssize_t got;

	while (q->len > len) {
		size_t n = q->len - len < 256 ? q->len - len : 256;

		got = read(q->s.fd, buf, n * UNIT);
		if (got <= 0 || got % UNIT)
			return got < 0 ? -errno : -EIO;
		q->len -= got / UNIT;
	}
	return 0;
}

/* What stands before the wanted ones: see the top. */
static int begin(struct queue *q)
{
	size_t before = q->at, stay;
	int rc;

	if (q->at == q->n || before == 0)
		return fill(q, q->max + 1);
	if (before == 1)
		return fill(q, q->max - 1);
	stay = before - 2;
	rc = fill(q, q->max + 1);
	rc = rc ? rc : drop(q, stay + 1);
	return rc ? rc : fill(q, q->max - before);
}

static bool looks_like(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b)
{
	return a->mask == b->mask && a->wd == b->wd && a->name.len == b->name.len &&
	       !memcmp(a->name.p, b->name.p, a->name.len);
}

static int make_all(struct queue *q)
{
	bool again = false;
	size_t i, k;
	int rc = 0;

	for (i = 0; i < q->n && !rc; i += k) {
		const struct crfs_inotify_event *e = &q->e[i];

		k = 1;
		if (i == q->at) {
			/* it has come behind the one before, or with the filling */
			again = false;
			continue;
		}
		k += i + 1 < q->n && crfs_inotify_pair(e, e + 1);
		rc = drop(q, q->max - k);
		again = i && !again && looks_like(e, e - 1);
		rc = rc ? rc : inotify_event(&q->s, e, k == 2 ? e + 1 : NULL, again);
		q->len = q->max;
		if (!rc && i + k == q->at && q->at < q->n)
			rc = fill(q, 1);	/* if it is not there yet */
	}
	return rc;
}

static size_t bytes_of(const struct queue *q)
{
	size_t sum = 0, i;

	for (i = 0; i < q->n; i++)
		sum += UNIT + (q->e[i].name.len ? (q->e[i].name.len + UNIT) / UNIT * UNIT : 0);
	return sum;
}

static int end(struct queue *q)
{
	int bytes = 0, rc;

	inotify_rm_watch(q->s.fd, q->wd[0]);
	inotify_rm_watch(q->s.fd, q->wd[1]);
	rc = drop(q, q->n);
	if (!rc && ioctl(q->s.fd, FIONREAD, &bytes) < 0)
		rc = -errno;
	return rc ? rc : (size_t)bytes == bytes_of(q) ? 0 : -EIO;
}

int inotify_queue(int fd, const struct crfs_inotify_event *e, size_t n)
{
	long max = inotify_queue_max("");	/* the controller stands in /proc */
	struct queue q = { .e = e, .n = n, .max = max };
	int rc;

	if (max < 0 || !inotify_queue_fits(e, n, max))
		return -ENOBUFS;
	for (q.at = 0; q.at < n && !(e[q.at].mask & IN_Q_OVERFLOW); q.at++)
		;
	rc = scratch_open(&q.s, fd);
	rc = rc ? rc : watch_rubbish(&q);
	rc = rc ? rc : begin(&q);
	rc = rc ? rc : make_all(&q);
	rc = rc ? rc : end(&q);
	scratch_close(&q.s);
	return rc;
}
