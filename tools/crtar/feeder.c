// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages on their way into tasks that do not run yet: digested and put in place by several threads.
 *
 * Of what can be read anywhere each thread reads the next extent by itself, and the manifest is known:
 * what is not as it says goes nowhere. Of a stream the manifest comes last: until then nothing runs.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <crfs/extent.h>

#include "feeder.h"
#include "hash.h"
#include "lazy.h"
#include "spill.h"

static void wrong(struct feeder *f, int code, const struct node *n, const char *what)
{
	char path[PATH_MAX];

	errlist_add(f->why, code, tree_path(n, f->src->top, path, sizeof(path)), "%s", what);
	pthread_mutex_lock(&f->lock);
	f->bad = true;
	pthread_cond_broadcast(&f->change);
	pthread_mutex_unlock(&f->lock);
}

static struct fed *fed_for(struct feeder *f, const struct node *n)
{
	size_t i;

	for (i = 0; i < f->nr; i++)
		if (f->fed[i].o->node == n->parent->parent)
			return &f->fed[i];
	return NULL;
}

static int address(const struct node *n, uint64_t *at)
{
	char again[24];

	*at = strtoull(n->name, NULL, 16);
	snprintf(again, sizeof(again), "%llx", (unsigned long long)*at);
	return strcmp(n->name, again) ? -EINVAL : 0;
}

/* Of a stream: where its bytes are from now on. */
static ssize_t placed_pread(struct node *n, void *buf, size_t size, off_t off)
{
	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	return feed_read(n->priv, n->arg + off, buf, size);
}

static const struct payload_ops placed = { .pread = placed_pread };

static int take_digest(struct feeder *f, struct node *n, const char *buf, size_t size)
{
	struct member *m = n->front;
	uint8_t d[CRFS_DIGEST_MAX] = { 0 };
	struct hash h;
	int r = hash_begin(&h, m->trusted ? m->algorithm : CRFS_XXH64);

	if (r < 0) {
		wrong(f, r, n, "begin a digest");
		return r;
	}
	hash_add(&h, buf, size);
	hash_end(&h, d);
	if (m->trusted && memcmp(d, n->digest, crfs_digest_size(m->algorithm))) {
		wrong(f, -EBADMSG, n, MANIFEST_DIFFERS);
		return -EBADMSG;
	}
	if (!m->trusted) {
		memcpy(n->digest, d, sizeof(d));
		m->algorithm = CRFS_XXH64;
		n->digest_known = true;
	}
	return 0;
}

static void put(struct feeder *f, struct node *n, const char *buf, size_t size)
{
	struct err e = { .code = 0 };
	struct fed *m = fed_for(f, n);
	const char *why = NULL;
	uint64_t at = 0;

	if (!m || address(n, &at) < 0)
		why = "pages that are of no task: copy the checkpoint again";
	else
		why = feed_wrong(m, at, size);
	if (why) {
		wrong(f, -EINVAL, n, why);
		return;
	}
	if (take_digest(f, n, buf, size) < 0)
		return;
	if (feed_place(m, at, buf, size, &e) < 0) {
		wrong(f, e.code, n, e.text);
		return;
	}
	if (f->src->feeder == f) {
		n->ops = &placed;
		n->priv = m;
		n->arg = at;
	}
}

static bool is_mine(struct feeder *f, const struct node *n)
{
	return source_is_page(n) && fed_for(f, n);
}

static struct node *next_apart(struct feeder *f)
{
	struct node *n = f->at;

	while (n && !is_mine(f, n))
		n = tree_next(n, f->src->top);
	f->at = n ? tree_next(n, f->src->top) : NULL;
	return n;
}

static struct morsel *next_full(struct feeder *f)
{
	unsigned int i;

	for (;;) {
		for (i = 0; i < FEEDER_PIECES; i++)
			if (f->morsel[i].state == MORSEL_FULL)
				return &f->morsel[i];
		if (f->stop || f->bad)
			return NULL;
		pthread_cond_wait(&f->change, &f->lock);
	}
}

static void put_apart(struct feeder *f, struct node *n, char *buf)
{
	ssize_t r = n->size <= 0 || n->size > (off_t)CRFS_EXTENT_SIZE ? -EINVAL : node_pread(n, buf, n->size, 0);

	if (r != n->size)
		wrong(f, r < 0 ? (int)r : -EIO, n, "read it: name a checkpoint that is whole");
	else
		put(f, n, buf, n->size);
}

/* Return: it need not be there when the tasks run, and will come */
static bool put_off(struct feeder *f, struct node *n)
{
	struct fed *m = fed_for(f, n);
	uint64_t at = 0;
	int rc;

	/* Held aside, since it is sparse: it is here, and its place is not kept for later. */
	if (!f->lazy || spill_has(n) || address(n, &at) < 0 || feed_wrong(m, at, n->size) || !serve_fits(m, at, n->size))
		return false;
	pthread_mutex_lock(&f->lock);
	rc = lazy_add(f->lazy, m, at, n);
	pthread_mutex_unlock(&f->lock);
	if (rc < 0)
		wrong(f, rc, n, "let its pages come later");
	return true;
}

static void *work_apart(void *arg)
{
	struct feeder *f = arg;
	struct err e = { .code = 0 };
	char *buf = mmap(NULL, CRFS_EXTENT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct node *n;

	if (buf == MAP_FAILED) {
		wrong(f, -ENOMEM, f->src->top, "memory for pages on their way");
		return NULL;
	}
	pthread_mutex_lock(&f->lock);
	while (!f->bad && !interrupted(&e) && (n = next_apart(f))) {
		pthread_mutex_unlock(&f->lock);
		if (!put_off(f, n))
			put_apart(f, n, buf);
		pthread_mutex_lock(&f->lock);
		f->src->progress.done += n->size;
		progress_at(&f->src->progress, f->src->progress.done);
	}
	pthread_mutex_unlock(&f->lock);
	munmap(buf, CRFS_EXTENT_SIZE);
	return NULL;
}

static void *work_stream(void *arg)
{
	struct feeder *f = arg;
	struct morsel *x;

	pthread_mutex_lock(&f->lock);
	while ((x = next_full(f))) {
		x->state = MORSEL_BUSY;
		pthread_mutex_unlock(&f->lock);
		put(f, x->n, x->buf, x->size);
		pthread_mutex_lock(&f->lock);
		x->state = MORSEL_FREE;
		pthread_cond_broadcast(&f->change);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

static struct morsel *take_free(struct feeder *f)
{
	unsigned int i;

	for (;;) {
		for (i = 0; i < FEEDER_PIECES && !f->bad; i++)
			if (f->morsel[i].state == MORSEL_FREE)
				return &f->morsel[i];
		if (f->bad)
			return NULL;
		pthread_cond_wait(&f->change, &f->lock);
	}
}

char *feeder_room(struct feeder *f)
{
	struct morsel *x;

	pthread_mutex_lock(&f->lock);
	x = take_free(f);
	if (x)
		x->state = MORSEL_TAKEN;
	pthread_mutex_unlock(&f->lock);
	return x ? x->buf : NULL;
}

void feeder_give(struct feeder *f, struct node *n, char *buf, size_t size)
{
	struct morsel *x = f->morsel;

	while (x->buf != buf)
		x++;
	n->kind = NODE_PAYLOAD;
	pthread_mutex_lock(&f->lock);
	x->n = n;
	x->size = size;
	x->state = MORSEL_FULL;
	pthread_cond_broadcast(&f->change);
	pthread_mutex_unlock(&f->lock);
}

static int start(struct feeder *f, void *(*work)(void *))
{
	sigset_t all, old;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!r && f->threads < FEEDER_THREADS) {
		r = pthread_create(&f->thread[f->threads], NULL, work, f);
		f->threads += !r;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return f->threads ? 0 : -r;
}

static void finish(struct feeder *f)
{
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_broadcast(&f->change);
	pthread_mutex_unlock(&f->lock);
	while (f->threads)
		pthread_join(f->thread[--f->threads], NULL);
}

static int bring_apart(struct feeder *f)
{
	struct err e = { .code = 0 };

	f->at = f->src->top;
	if (start(f, work_apart) < 0)
		wrong(f, -EAGAIN, f->src->top, "threads to read it: raise the limit");
	finish(f);
	progress_end(&f->src->progress);
	if (interrupted(&e) < 0) {
		fail_on(&e, e.code, f->src->name, "read it");
		errlist_take(f->why, &e);
	}
	if (!f->why->first && f->lazy && lazy_start(f->lazy, &e) < 0)
		errlist_take(f->why, &e);
	return f->why->first;
}

static int make_room(struct feeder *f)
{
	unsigned int i;
	char *p;

	for (i = 0; i < FEEDER_PIECES; i++) {
		p = mmap(NULL, CRFS_EXTENT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return -ENOMEM;
		f->morsel[i].buf = p;
	}
	return 0;
}

/* The rest of the archive, and then its manifest has the word. */
static int bring_stream(struct feeder *f)
{
	struct source *s = f->src;
	struct err e = { .code = 0 };
	int r = make_room(f);

	if (!r)
		r = start(f, work_stream);
	if (r < 0)
		return errlist_add(f->why, r, s->name, "memory and threads to read it"), r;
	s->feeder = f;
	r = archive_more(s, &e);
	finish(f);
	if (r < 0 && !f->bad)
		errlist_take(f->why, &e);
	if (!f->why->first && !source_root(s, f->why) && !source_manifest(s, f->why))
		source_verify(s, f->why);
	return f->why->first;
}

static int bring(struct feed *feed, struct image *im, struct fed *fed, size_t nr, struct errlist *why)
{
	struct feeder *f = (struct feeder *)feed;

	(void)im;
	f->begun = true;
	f->fed = fed;
	f->nr = nr;
	f->why = why;
	return archive_paused(f->src) ? bring_stream(f) : bring_apart(f);
}

/* What is left for the engine to read is held against the manifest before it does. */
static int verify_rest(struct feeder *f, struct image *im, struct errlist *why)
{
	uint8_t d[CRFS_DIGEST_MAX];
	char path[PATH_MAX];
	struct member *m;
	struct node *n;
	off_t len;
	int r;

	for (n = f->src->top; n; n = tree_next(n, f->src->top)) {
		m = source_is_page(n) ? n->front : NULL;
		if (!m || !m->trusted || feed_takes(im, n->parent->parent))
			continue;
		r = hash_node(n, m->algorithm, d, &len);
		if (!r && memcmp(d, n->digest, crfs_digest_size(m->algorithm)))
			r = -EBADMSG;
		if (r < 0)
			errlist_add(why, r, tree_path(n, f->src->top, path, sizeof(path)), MANIFEST_DIFFERS);
	}
	return why->first;
}

/* A stream has but one order: whatever cannot be taken as it comes must be staged, all of it. */
static int ready(struct feed *feed, struct image *im, struct errlist *why)
{
	struct feeder *f = (struct feeder *)feed;

	if (!archive_paused(f->src))
		return verify_rest(f, im, why);
	return feed_takes_all(im) ? 0 : -EAGAIN;
}

void feeder_init(struct feeder *f, struct source *src)
{
	*f = (struct feeder){ .feed = { .ready = ready, .bring = bring, .dev = -1 }, .src = src };
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->change, NULL);
}

void feeder_free(struct feeder *f)
{
	unsigned int i;

	for (i = 0; i < FEEDER_PIECES; i++)
		if (f->morsel[i].buf)
			munmap(f->morsel[i].buf, CRFS_EXTENT_SIZE);
	f->src->feeder = NULL;
}
