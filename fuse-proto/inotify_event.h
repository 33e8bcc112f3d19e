/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a given inotify event happen. */
#ifndef CRFS_INOTIFY_EVENT_H
#define CRFS_INOTIFY_EVENT_H

#include <stdbool.h>

#include <crfs/res/fd/inotify.h>

/**
 * struct scratch - where events are made: a tmpfs that is mounted nowhere
 * @fd: the instance, without watches but those on @a and @b
 * @top, @dir, @other: its root, and two directories in it
 * @a, @b: two files in it, open, that are watched for being read
 */
struct scratch {
	int fd, top, dir, other, a, b;
};

/** scratch_open() - Return: 0 or a negative errno; scratch_close() in any case */
int scratch_open(struct scratch *s, int fd);
void scratch_close(struct scratch *s);

/** scratch_watch() - watch what @name is in the directory @at ("": itself) as number @wd. Return: 0 or a negative errno */
int scratch_watch(const struct scratch *s, int at, const char *name, int wd, uint32_t mask);

/**
 * inotify_event() - let it happen
 * @second: the other half of the move that @e is, or NULL
 * @again: it looks like the one before, and shall not be merged with it
 *
 * It is queued first. There are others behind it, such as IN_IGNORED of the watch that is made for it, for which
 * the caller leaves no room in the queue.
 * Return: 0 or a negative errno
 */
int inotify_event(struct scratch *s, const struct crfs_inotify_event *e, const struct crfs_inotify_event *second,
		  bool again);

#endif
