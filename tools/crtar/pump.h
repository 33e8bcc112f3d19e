/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads read ahead by several threads, handed out in their order, digested on the way. */
#ifndef CRTAR_PUMP_H
#define CRTAR_PUMP_H

#include <pthread.h>

#include "hash.h"
#include "order.h"

#define PUMP_PIECE (2 << 20)
#define PUMP_PIECES 8		/* in memory at a time */
#define PUMP_THREADS 16

/** struct piece - @len bytes at @off of @n; @state: what has become of them, @error if that is bad */
struct piece {
	struct node *n;
	off_t off;
	size_t len;
	char *buf;
	enum { PIECE_FREE, PIECE_READING, PIECE_FULL } state;
	int error;
};

/**
 * struct pump - the threads and their pieces
 * @skip: a payload that is not read
 * @order, @off: what is to be read next
 * @taken, @given: pieces that threads have begun, and that the reader has done with
 * @handed: the reader has one
 * @whole: digest of the payload that the reader is in, if it is of several pieces
 */
struct pump {
	pthread_mutex_t lock;
	pthread_cond_t change;
	const struct node *skip;
	struct order order;
	off_t off;
	uint8_t algorithm;
	struct piece piece[PUMP_PIECES];
	unsigned long taken, given;
	bool handed, stop;
	pthread_t thread[PUMP_THREADS];
	int threads;
	struct hash whole;
	bool hashing;
};

/** pump_start() - begin to read all from where @order is. Return: 0 or a negative errno */
int pump_start(struct pump *p, const struct order *order, const struct node *skip, uint8_t algorithm,
	       int threads);

/**
 * pump_next() - the next bytes of @n, which must be the payload that is next
 * @buf, @len: valid until the next call
 * Return: 0, or a negative errno: reading them failed
 */
int pump_next(struct pump *p, struct node *n, const char **buf, size_t *len);

/** pump_stop() - end the threads, wherever they are */
void pump_stop(struct pump *p);

#endif
