/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What a queue of inotify events can be, and what of it can be made again. */
#ifndef CRFS_INOTIFY_H
#define CRFS_INOTIFY_H

#include <crfs/res/fd/inotify.h>

/**
 * struct crfs_inotify_loss - what a queue that is put back differs in
 * @odd: an event with this mask cannot be made, so that one IN_Q_OVERFLOW stands for all; 0: none
 * @torn: moves whose two events have others between them, and will have two cookies
 * @half: the first event is the second half of a move, and the first half may have been read
 * @full: as many events as fit, and IN_Q_OVERFLOW was added behind them
 */
struct crfs_inotify_loss {
	__u32 odd;
	__u32 torn;
	bool half, full;
};

/** crfs_inotify_possible() - is it an event that a kernel queues, and that can be made at will? */
bool crfs_inotify_possible(const struct crfs_inotify_event *e);

/** crfs_inotify_pair() - are @a, and @b right behind it, the two events of one rename(2)? */
bool crfs_inotify_pair(const struct crfs_inotify_event *a, const struct crfs_inotify_event *b);

/**
 * crfs_inotify_settle() - from a queue as it is to one that can be put back
 * @e: the events, with the kernel's cookies, and room for one more; then with those of the tree
 * @n: how many
 * @max: how many the queue holds
 * @moves: moves out of somewhere are watched for
 */
void crfs_inotify_settle(struct crfs_inotify_event *e, size_t *n, size_t max, bool moves,
			 struct crfs_inotify_loss *l);

/** crfs_inotify_valid() - could crfs_inotify_settle() have left this? Return: NULL, or what is wrong with *@at */
const char *crfs_inotify_valid(const struct crfs_inotify_event *e, size_t n, size_t *at);

#endif
