// SPDX-License-Identifier: GPL-2.0-or-later
/* Payloads read ahead by several threads, handed out in their order, digested on the way. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pump.h"

static bool is_mine(const struct pump *p, const struct node *n)
{
	return n->kind == NODE_PAYLOAD && n->size && n != p->skip;
}

static void next_node(struct pump *p)
{
	do
		order_next(&p->order);
	while (p->order.at && !is_mine(p, p->order.at));
	p->off = 0;
}

/* The next piece that nobody has begun, or NULL at the end. Locked; waits until one is free. */
static struct piece *take(struct pump *p)
{
	struct piece *x;

	while (!p->stop && p->order.at && p->taken - p->given == PUMP_PIECES)
		pthread_cond_wait(&p->change, &p->lock);
	if (p->stop || !p->order.at)
		return NULL;
	x = &p->piece[p->taken++ % PUMP_PIECES];
	x->n = p->order.at;
	x->off = p->off;
	x->len = p->order.at->size - p->off < PUMP_PIECE ? p->order.at->size - p->off : PUMP_PIECE;
	x->state = PIECE_READING;
	x->error = 0;
	p->off += x->len;
	if (p->off == p->order.at->size)
		next_node(p);
	return x;
}

static int digest(const struct pump *p, struct piece *x)
{
	uint8_t d[CRFS_DIGEST_MAX] = { 0 };
	struct hash h;
	int r = hash_begin(&h, p->algorithm);

	if (r < 0)
		return r;
	hash_add(&h, x->buf, x->len);
	hash_end(&h, d);
	memcpy(x->n->digest, d, sizeof(d));
	return 0;
}

static int fill(const struct pump *p, struct piece *x)
{
	size_t done = 0;
	ssize_t r;

	while (done < x->len) {
		r = node_pread(x->n, x->buf + done, x->len - done, x->off + done);
		if (r <= 0)
			return r < 0 ? (int)r : -EIO;
		done += r;
	}
	return (off_t)x->len == x->n->size ? digest(p, x) : 0;
}

static void *work(void *arg)
{
	struct pump *p = arg;
	struct piece *x;
	int r;

	pthread_mutex_lock(&p->lock);
	while ((x = take(p))) {
		pthread_mutex_unlock(&p->lock);
		r = fill(p, x);
		pthread_mutex_lock(&p->lock);
		x->error = r;
		x->state = PIECE_FULL;
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int start_threads(struct pump *p, int threads)
{
	sigset_t all, old;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!r && p->threads < threads && p->threads < PUMP_THREADS) {
		r = -pthread_create(&p->thread[p->threads], NULL, work, p);
		p->threads += !r;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return p->threads ? 0 : r;
}

int pump_start(struct pump *p, const struct order *order, const struct node *skip, uint8_t algorithm,
	       int threads)
{
	int i;

	*p = (struct pump){ .skip = skip, .order = *order, .algorithm = algorithm };
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->change, NULL);
	if (!is_mine(p, p->order.at))
		next_node(p);
	for (i = 0; i < PUMP_PIECES; i++) {
		p->piece[i].buf = mmap(NULL, PUMP_PIECE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p->piece[i].buf == MAP_FAILED) {
			p->piece[i].buf = NULL;
			return -ENOMEM;
		}
		madvise(p->piece[i].buf, PUMP_PIECE, MADV_HUGEPAGE);
	}
	return start_threads(p, threads);
}

/* What is of several pieces is digested here, in their order. */
static int digest_more(struct pump *p, const struct piece *x)
{
	uint8_t d[CRFS_DIGEST_MAX] = { 0 };
	int r = 0;

	if (!x->off) {
		r = hash_begin(&p->whole, p->algorithm);
		p->hashing = !r;
	}
	if (r < 0)
		return r;
	hash_add(&p->whole, x->buf, x->len);
	if (x->off + (off_t)x->len < x->n->size)
		return 0;
	hash_end(&p->whole, d);
	p->hashing = false;
	memcpy(x->n->digest, d, sizeof(d));
	return 0;
}

/* Gives back the piece that was handed out last. */
static void give_back(struct pump *p)
{
	struct piece *x = &p->piece[p->given % PUMP_PIECES];

	x->state = PIECE_FREE;
	p->handed = false;
	p->given++;
	pthread_cond_broadcast(&p->change);
}

int pump_next(struct pump *p, struct node *n, const char **buf, size_t *len)
{
	struct piece *x;
	int r;

	pthread_mutex_lock(&p->lock);
	if (p->handed)
		give_back(p);
	x = &p->piece[p->given % PUMP_PIECES];
	while (x->state != PIECE_FULL)
		pthread_cond_wait(&p->change, &p->lock);
	p->handed = true;
	pthread_mutex_unlock(&p->lock);
	r = x->error ? x->error : x->n != n ? -EIO : 0;
	if (!r && (off_t)x->len != n->size)
		r = digest_more(p, x);
	if (!r && x->off + (off_t)x->len == n->size)
		n->digest_known = true;
	*buf = x->buf;
	*len = x->len;
	return r;
}

void pump_stop(struct pump *p)
{
	uint8_t d[CRFS_DIGEST_MAX];
	int i;

	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->change);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	for (i = 0; i < PUMP_PIECES; i++)
		if (p->piece[i].buf)
			munmap(p->piece[i].buf, PUMP_PIECE);
	if (p->hashing)
		hash_end(&p->whole, d);
	p->threads = 0;
}
