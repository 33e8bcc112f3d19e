/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that are not staged: brought from outside into tasks that are made and do not run yet. */
#ifndef CRFS_FEED_H
#define CRFS_FEED_H

#include <pthread.h>

#include <crfs/res/mm/maps.h>

#include "image.h"

struct run;

/**
 * struct fed - an address space that is being fed
 * @o: mms/<id>
 * @row, @nr: its mappings
 * @pid: a task that has it; @mem: its /proc/<pid>/mem
 * @uffd: a userfaultfd of it, -1: it has none
 * @lazy: what is not put in place comes later: nothing is registered but that
 * @huge: huge pages are wanted wherever nothing says otherwise
 * @marked, @lock: rows that are registered with @uffd
 */
struct fed {
	struct iobj *o;
	const struct crfs_vma *row;
	size_t nr;
	pid_t pid;
	int mem, uffd;
	bool lazy, huge;
	bool *marked;
	pthread_mutex_t lock;
};

/**
 * struct feed - who brings the pages, in the front end
 * @lazy: pages may be missing when the tasks run
 * @ready: the tree is understood, and nothing made yet; feed_takes() says whose extents come later. May be NULL
 * @bring: all tasks are made: put every page in place. When it returns 0 they are finished and let go
 * @dev: /dev/userfaultfd, or -1; the engine's
 *
 * @ready and @bring return 0, or a negative errno with the reason in @why; then nothing is left.
 */
struct feed {
	bool lazy;
	int (*ready)(struct feed *f, struct image *im, struct errlist *why);
	int (*bring)(struct feed *f, struct image *im, struct fed *fed, size_t nr, struct errlist *why);
	int dev;
};

/** feed_plan() - which address spaces can be fed; opens what it takes. feed_stop() - closes it */
void feed_plan(struct image *im);
void feed_stop(struct image *im);

/** feed_hand_over() - in the controller: show the front end what is to be fed, and wait for its word */
int feed_hand_over(struct run *r, int sock);

/** feed_serve() - in the front end, the other end of it */
int feed_serve(struct image *im, int sock, struct errlist *why);

/** feed_takes() - is that of directory @mm fed? feed_takes_all() - is every one? */
bool feed_takes(struct image *im, const struct node *mm);
bool feed_takes_all(struct image *im);

/** feed_wrong() - why an extent cannot be of this address space, or NULL */
const char *feed_wrong(const struct fed *f, uint64_t start, uint64_t len);

/**
 * feed_place() - put an extent in place; thread-safe
 * Return: 0 or a negative errno with the reason
 */
int feed_place(struct fed *f, uint64_t start, const void *buf, size_t len, struct err *e);

/** feed_read() - what is in place. Return: bytes or a negative errno */
ssize_t feed_read(const struct fed *f, uint64_t at, void *buf, size_t len);

#endif
