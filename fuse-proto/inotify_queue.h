/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting given events into the queue of a new inotify instance. */
#ifndef CRFS_INOTIFY_QUEUE_H
#define CRFS_INOTIFY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include <crfs/res/fd/inotify.h>

/** inotify_queue_max() - how many events a new instance holds; @proc: "/proc/", or "" there. Return: -1: unknown */
long inotify_queue_max(const char *proc);

/** inotify_queue_fits() - can these be put into a queue that holds @max? */
bool inotify_queue_fits(const struct crfs_inotify_event *e, size_t n, size_t max);

/**
 * inotify_queue() - let @fd, which is new, hold these events and no others
 * Cookies come out as other numbers, the same where they were the same.
 * Return: 0 or a negative errno; afterwards @fd has no watch
 */
int inotify_queue(int fd, const struct crfs_inotify_event *e, size_t n);

#endif
