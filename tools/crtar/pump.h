/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads read and digested by several threads, and given away in their order, each by who has read it. */
#ifndef CRTAR_PUMP_H
#define CRTAR_PUMP_H

#include <pthread.h>

#include "hash.h"
#include "order.h"

#define PUMP_PIECE (2 << 20)
#define PUMP_THREADS 16

/** struct piece - @len bytes at @off of @n, in @buf; @error: reading them failed */
struct piece {
	struct node *n;
	off_t off;
	size_t len;
	char *buf;
	int error;
};

/**
 * struct pump - set by whoever wants it:
 * @order: where to begin; @skip: a payload that is not read; @algorithm: of digests
 * @give: gets the pieces in their order, one at a time, in any of the threads; a negative errno ends it all
 *
 * @off: what of the next is to be read next; @taken, @given: turns that threads have begun, and have done with
 * @error: why it ends early
 * @whole: digest of the payload that is being given, if it is of several pieces; @hashing: it has begun
 */
struct pump {
	struct order order;
	const struct node *skip;
	uint8_t algorithm;
	int (*give)(void *arg, const struct piece *x);
	void *arg;

	pthread_mutex_t lock;
	pthread_cond_t change;
	off_t off;
	unsigned long taken, given;
	int error;
	struct hash whole;
	bool hashing;
};

/** pump_run() - all of it, in this thread and as many more. Return: 0, or a negative errno: @give's if it has failed */
int pump_run(struct pump *p, int more);

#endif
