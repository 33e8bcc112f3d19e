/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits in an inotify instance, seen in the kernel's memory. */
#ifndef CRFS_INOTIFY_LOOK_H
#define CRFS_INOTIFY_LOOK_H

#include <crfs/res/fd/inotify.h>

#include "kmem.h"
#include "pool.h"

/**
 * struct inotify_look - the queue of an instance
 * @events: in the pool, and room for one more; with the kernel's cookies
 * @max: how many it holds
 * @next_wd: where the next watch's number is looked for
 */
struct inotify_look {
	struct crfs_inotify_event *events;
	size_t n;
	uint32_t max, next_wd;
};

/**
 * inotify_look() - read it, and hold it against the number of bytes (FIONREAD) that the instance tells
 * @fd: our descriptor of it
 * Return: 0, -EAGAIN if somebody outside keeps adding to it, or another negative errno
 */
int inotify_look(struct kmem *k, int fd, struct pool *pool, struct inotify_look *l);

#endif
