/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extents of a view, read whole and ahead into a few memfds that are used over and over. */
#ifndef CRFS_FILL_H
#define CRFS_FILL_H

#include <pthread.h>

#include "stage.h"
#include "work.h"

#define FILL_MIN (64 << 10)
#define FILL_MAX (2 << 20)
#define FILL_NR 12

/**
 * struct buf - a memfd and the extent in it
 * @fd, @map: the memfd and where it is mapped, FILL_MAX bytes
 * @backing: its id for passthrough, 0: none
 * @size: how long the memfd is
 * @node: the extent in it, NULL: none
 * @users: handles that read from it
 * @state: of the content; @error: negative errno if BUF_BAD
 * @used: when it was last given away, in fills
 */
struct buf {
	int fd;
	char *map;
	int backing;
	off_t size;
	struct node *node;
	unsigned int users;
	enum { BUF_EMPTY, BUF_FILLING, BUF_FULL, BUF_BAD } state;
	int error;
	unsigned long used;
};

/**
 * struct fill - the buffers of a mount
 * @algorithm: digest that is taken of each extent on the way
 * @last: the extent opened last: who opens the one behind it gets the next one read ahead
 */
struct fill {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct stage *stage;
	struct work *work;
	uint8_t algorithm;
	unsigned long fills;
	struct node *last;
	struct buf buf[FILL_NR];
};

void fill_init(struct fill *f, struct stage *stage, struct work *work, uint8_t algorithm);
void fill_stop(struct fill *f);

/** fill_fits() - is the node one for a buffer? */
bool fill_fits(const struct node *n);

/** fill_has() - is it read already, so that fill_get() takes no time? */
bool fill_has(struct fill *f, const struct node *n);

/**
 * fill_get() - have an extent read, whole
 * @b: the buffer, to be given back with fill_put(); NULL if none is free: read it piece by piece
 * Return: 0 or what reading the extent failed with
 */
int fill_get(struct fill *f, struct node *n, struct buf **b);
void fill_put(struct fill *f, struct buf *b);

/** fill_forget() - the generation is over: nothing that was read ahead is used, nothing is read */
void fill_forget(struct fill *f);

#endif
