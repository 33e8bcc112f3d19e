// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Payloads read and digested by several threads, and given away in their order, each by who has read it.
 *
 * Writing in a file is what takes longest, and cannot be done by two at a time. So nobody does only that: while
 * one writes, another reads; and bytes are written by the processor that has just had them in its hands.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "crtar.h"
#include "pump.h"

#define LOOK_MS 100	/* how often it is looked whether a signal has come */
#define HANDFUL 64
#define SPIN_NS 200000	/* two wait for each other all the time, and being woken takes a tenth of what they do */

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

/**
 * struct handful - what a thread reads before it waits for its turn: one large piece, or many small ones, since taking
 * turns costs more than to read a page
 * @turn: its place among all; @room: PUMP_PIECE bytes for @x, of which there are @nr
 */
struct handful {
	unsigned long turn;
	char *room;
	size_t nr;
	struct piece x[HANDFUL];
};

static size_t next_size(const struct pump *p)
{
	off_t left = p->order.at->size - p->off;

	return left < PUMP_PIECE ? left : PUMP_PIECE;
}

/* The next that nobody has begun. Locked. Return: false at the end */
static bool take(struct pump *p, struct handful *h)
{
	size_t used = 0, len;

	h->nr = 0;
	while (!p->error && p->order.at && h->nr < HANDFUL && (len = next_size(p)) <= PUMP_PIECE - used) {
		h->x[h->nr++] = (struct piece){ .n = p->order.at, .off = p->off, .len = len, .buf = h->room + used };
		used += len;
		p->off += len;
		if (p->off == p->order.at->size)
			next_node(p);
	}
	h->turn = p->taken;
	p->taken += h->nr > 0;
	return h->nr;
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

/* What is of several pieces is digested in its turn. */
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

static struct timespec soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += LOOK_MS * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static bool is_turn(struct pump *p, const struct handful *h)
{
	return __atomic_load_n(&p->given, __ATOMIC_ACQUIRE) == h->turn;
}

static void spin(struct pump *p, const struct handful *h)
{
	int64_t end = now_ns() + SPIN_NS;
	int i = 0;

	while (!is_turn(p, h) && (++i % 64 || now_ns() < end))
		__builtin_ia32_pause();
}

/* Signals come to the first thread, which may wait for another that waits for who reads what it writes. Locked. */
static void wait_turn(struct pump *p, const struct handful *h)
{
	struct err e = { .code = 0 };
	struct timespec until;

	while (!p->error && !is_turn(p, h)) {
		until = soon();
		pthread_cond_timedwait(&p->change, &p->lock, &until);
		if (!p->error && interrupted(&e))
			p->error = -EINTR;
	}
}

static int give(struct pump *p, struct piece *x)
{
	if (!x->error && (off_t)x->len != x->n->size)
		x->error = digest_more(p, x);
	if (!x->error && x->off + (off_t)x->len == x->n->size)
		x->n->digest_known = true;
	return p->give(p->arg, x);
}

static int give_all(struct pump *p, struct handful *h)
{
	size_t i;
	int r = 0;

	for (i = 0; i < h->nr && !r; i++)
		r = give(p, &h->x[i]);
	return r;
}

static void fill_all(struct pump *p, struct handful *h)
{
	size_t i;

	for (i = 0; i < h->nr; i++)
		h->x[i].error = fill(p, &h->x[i]);
}

static int work(struct pump *p)
{
	struct handful h = { .room = mmap(NULL, PUMP_PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };
	int r;

	if (h.room == MAP_FAILED)
		return -ENOMEM;
	madvise(h.room, PUMP_PIECE, MADV_HUGEPAGE);
	pthread_mutex_lock(&p->lock);
	while (take(p, &h)) {
		pthread_mutex_unlock(&p->lock);
		fill_all(p, &h);
		spin(p, &h);
		pthread_mutex_lock(&p->lock);
		wait_turn(p, &h);
		if (p->error)
			break;
		pthread_mutex_unlock(&p->lock);
		r = give_all(p, &h);
		pthread_mutex_lock(&p->lock);
		__atomic_store_n(&p->given, p->given + 1, __ATOMIC_RELEASE);
		if (!p->error)
			p->error = r;
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
	munmap(h.room, PUMP_PIECE);
	return 0;
}

/* Without memory for it, the others do its work. */
static void *work_too(void *arg)
{
	work(arg);
	return NULL;
}

/* SIGALRM gets through to a thread, so that join() can call it out of a write. */
static int start(struct pump *p, pthread_t *thread, int n)
{
	sigset_t most, old;
	int i = 0;

	sigfillset(&most);
	sigdelset(&most, SIGALRM);
	pthread_sigmask(SIG_SETMASK, &most, &old);
	while (i < n && !pthread_create(&thread[i], NULL, work_too, p))
		i++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return i;
}

static void join(pthread_t thread)
{
	struct err e = { .code = 0 };
	struct timespec until = soon();

	while (pthread_timedjoin_np(thread, NULL, &until) == ETIMEDOUT) {
		if (interrupted(&e))
			pthread_kill(thread, SIGALRM);
		until = soon();
	}
}

int pump_run(struct pump *p, int more)
{
	pthread_t thread[PUMP_THREADS];
	uint8_t d[CRFS_DIGEST_MAX];
	int n, r;

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->change, NULL);
	if (p->order.at && !is_mine(p, p->order.at))
		next_node(p);
	n = start(p, thread, more < PUMP_THREADS ? more : PUMP_THREADS);
	r = work(p);
	while (n)
		join(thread[--n]);
	if (p->hashing)
		hash_end(&p->whole, d);
	return p->error ? p->error : r;
}
