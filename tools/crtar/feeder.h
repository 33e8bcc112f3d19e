/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages on their way into tasks: digested and put in place by several threads. */
#ifndef CRTAR_FEEDER_H
#define CRTAR_FEEDER_H

#include "feed.h"
#include "source.h"

struct lazy;

#define FEEDER_PIECES 6		/* extents in memory at a time, where they come one after the other */
#define FEEDER_THREADS 2

/** struct morsel - an extent in memory: @size bytes of @n at @buf */
struct morsel {
	struct node *n;
	char *buf;
	size_t size;
	enum { MORSEL_FREE, MORSEL_TAKEN, MORSEL_FULL, MORSEL_BUSY } state;
};

/**
 * struct feeder - from a source into tasks
 * @feed: what the engine calls
 * @src: where they come from
 * @begun: it has shown us tasks
 * @fed, @nr: these
 * @at: read anywhere: the next that nobody has begun; NULL: they come one after the other, as @morsel
 * @lazy: who brings them when the tasks run, NULL: all are put in place before
 * @stop: no more come; @bad: something went wrong, and is in @why
 */
struct feeder {
	struct feed feed;
	struct source *src;
	bool begun;
	struct fed *fed;
	size_t nr;
	struct errlist *why;
	pthread_mutex_t lock;
	pthread_cond_t change;
	pthread_t thread[FEEDER_THREADS];
	unsigned int threads;
	struct morsel morsel[FEEDER_PIECES];
	struct node *at;
	struct lazy *lazy;
	bool stop, bad;
};

/** feeder_init() - for @src, whose pages are left apart or read one after the other */
void feeder_init(struct feeder *f, struct source *src);
void feeder_free(struct feeder *f);

/** feeder_room() - CRFS_EXTENT_SIZE bytes for the next extent; NULL: there is no use in more */
char *feeder_room(struct feeder *f);
/** feeder_give() - it is there */
void feeder_give(struct feeder *f, struct node *n, char *buf, size_t size);

#endif
