// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits in an inotify instance, seen in the kernel's memory.
 *
 * Nobody takes an event away meanwhile, as all who could are frozen; whoever touches what is watched may add
 * some at the end. So the list can be followed, and it was whole if its bytes are as many as FIONREAD tells.
 */
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include "inotify_look.h"

#define TRIES 5
#define HEAD_MAX 64		/* an event without its name */
#define NAMES_MAX 4096		/* no file system has longer ones */
#define TOLD (IN_ALL_EVENTS | IN_ISDIR | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW)

/* As read(2) gives it: the name with its end, rounded up to the size of what is before it. */
static size_t bytes_of(const struct crfs_inotify_event *e)
{
	size_t unit = sizeof(struct inotify_event);

	return unit + (e->name.len ? (e->name.len + 1 + unit - 1) / unit * unit : 0);
}

static void take(const struct kmem *k, const char *raw, enum kmember m, void *v, size_t len)
{
	memcpy(v, raw + k->at[m], len);
}

/* The struct inotify_event_info whose list is at @at: fs/notify/inotify/inotify.h. @at becomes the next. */
static int look_event(struct kmem *k, uint64_t *at, struct pool *pool, struct crfs_inotify_event *e)
{
	long list = k->at[K_IEVENT_FSE] + k->at[K_FSE_LIST];
	uint64_t event = *at - list;
	char raw[HEAD_MAX], *name;
	int32_t len;
	int rc = kmem_read(k, event, raw, k->at[K_IEVENT_NAME]);

	if (rc)
		return rc;
	memcpy(at, raw + list, sizeof(*at));
	take(k, raw, K_IEVENT_MASK, &e->mask, sizeof(e->mask));
	take(k, raw, K_IEVENT_WD, &e->wd, sizeof(e->wd));
	take(k, raw, K_IEVENT_COOKIE, &e->cookie, sizeof(e->cookie));
	take(k, raw, K_IEVENT_LEN, &len, sizeof(len));
	e->mask &= TOLD;
	e->name = (struct crfs_str){ NULL, 0 };
	if (!len)
		return 0;
	if (len < 0 || len > NAMES_MAX)
		return -EFAULT;
	name = pool_alloc(pool, len);
	e->name = (struct crfs_str){ name, len };
	return name ? kmem_read(k, event + k->at[K_IEVENT_NAME], name, len) : -ENOMEM;
}

/* No more than @most: the list is a ring, but for what we misread. */
static int look_events(struct kmem *k, uint64_t group, struct pool *pool, size_t most, struct inotify_look *l)
{
	uint64_t head = group + k->at[K_GROUP_EVENTS], at;
	int rc = kmem_read(k, head, &at, sizeof(at));

	for (l->n = 0; !rc && at != head && l->n < most; l->n++)
		rc = look_event(k, &at, pool, &l->events[l->n]);
	return rc;
}

static int look_once(struct kmem *k, int fd, uint64_t group, struct pool *pool, struct inotify_look *l)
{
	size_t sum = 0, most, i;
	int bytes = 0, rc;

	if (ioctl(fd, FIONREAD, &bytes) < 0)
		return -errno;
	most = bytes / sizeof(struct inotify_event);
	l->events = pool_alloc(pool, (most + 1) * sizeof(*l->events));
	rc = l->events ? look_events(k, group, pool, most, l) : -ENOMEM;
	if (!rc && ioctl(fd, FIONREAD, &bytes) < 0)
		rc = -errno;
	for (i = 0; i < l->n && !rc; i++)
		sum += bytes_of(&l->events[i]);
	return rc ? rc : sum == (size_t)bytes ? 0 : -EAGAIN;
}

int inotify_look(struct kmem *k, int fd, struct pool *pool, struct inotify_look *l)
{
	uint64_t group = 0;
	int rc = kmem_file(k, fd, &group), i;
	enum kmember m;

	for (m = K_GROUP_EVENTS; m <= K_IEVENT_NAME; m++)
		if (k->at[m] < 0)
			return -EOPNOTSUPP;
	/* all of an event stands before its name */
	for (m = K_FSE_LIST; m <= K_IEVENT_NAME; m++)
		if (k->at[m] > k->at[K_IEVENT_NAME] || k->at[m] > HEAD_MAX)
			return -EOPNOTSUPP;
	if (!rc)
		rc = kmem_get(k, group, K_FILE_PRIVATE, &group, sizeof(group));
	if (!rc)
		rc = kmem_get(k, group, K_GROUP_MAX, &l->max, sizeof(l->max));
	if (!rc)
		rc = kmem_read(k, group + k->at[K_GROUP_INOTIFY] + k->at[K_INOTIFY_IDR] + k->at[K_IDR_NEXT],
			       &l->next_wd, sizeof(l->next_wd));
	if (rc)
		return rc;
	for (rc = -EAGAIN, i = 0; rc == -EAGAIN && i < TRIES; i++)
		rc = look_once(k, fd, group, pool, l);
	return rc;
}
