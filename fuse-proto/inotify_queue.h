/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting given events into the queue of a new inotify instance. */
#ifndef CRFS_INOTIFY_QUEUE_H
#define CRFS_INOTIFY_QUEUE_H

#include <stddef.h>

#include <crfs/res/fd/inotify.h>

/**
 * inotify_queue() - let @fd, which has no watch yet, hold these events and no others
 * Cookies come out as other numbers, the same where they were the same.
 * Return: 0 or a negative errno; afterwards @fd has no watch
 */
int inotify_queue(int fd, const struct crfs_inotify_event *e, size_t n);

#endif
