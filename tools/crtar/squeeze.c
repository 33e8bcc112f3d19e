// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stream compressed with zstd in frames, by several threads; with a seek table, if asked for.
 *
 * Each frame is an archive of libarchive's, of the raw kind: so there are threads where its own filter
 * has none (before 3.7), and a frame can end where the reader wants to begin. Frames one behind the other are
 * a .zst like any other; the table is a frame that is passed over.
 */
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "squeeze.h"

#define OUT_SIZE (SQUEEZE_FRAME + (SQUEEZE_FRAME >> 7) + 1024)	/* zstd's bound, and more */

static int compress(const struct squeeze *q, struct bale *b)
{
	struct archive *a = archive_write_new();
	struct archive_entry *ae = archive_entry_new();
	bool ok = a && ae;

	if (ok) {
		archive_entry_set_filetype(ae, AE_IFREG);
		archive_entry_set_pathname(ae, "frame");
		archive_write_set_bytes_per_block(a, 0);
		ok = archive_write_set_format_raw(a) == ARCHIVE_OK && archive_write_add_filter_zstd(a) == ARCHIVE_OK;
	}
	if (ok && q->level)
		ok = archive_write_set_filter_option(a, "zstd", "compression-level", q->level) == ARCHIVE_OK;
	ok = ok && archive_write_open_memory(a, b->out, OUT_SIZE, &b->size) == ARCHIVE_OK &&
	     archive_write_header(a, ae) == ARCHIVE_OK &&
	     archive_write_data(a, b->in, b->len) == (la_ssize_t)b->len && archive_write_close(a) == ARCHIVE_OK;
	if (a)
		archive_write_free(a);
	if (ae)
		archive_entry_free(ae);
	return ok ? 0 : -EIO;
}

static struct bale *next_waiting(struct squeeze *q)
{
	unsigned long i;

	for (;;) {
		for (i = q->written; i < q->filled; i++)
			if (q->bale[i % q->nr].state == BALE_WAITS)
				return &q->bale[i % q->nr];
		if (q->stop)
			return NULL;
		pthread_cond_wait(&q->change, &q->lock);
	}
}

static void *work(void *arg)
{
	struct squeeze *q = arg;
	struct bale *b;
	int r;

	pthread_mutex_lock(&q->lock);
	while (!q->stop && (b = next_waiting(q))) {
		b->state = BALE_BUSY;
		pthread_mutex_unlock(&q->lock);
		r = compress(q, b);
		pthread_mutex_lock(&q->lock);
		b->error = r;
		b->state = BALE_DONE;
		pthread_cond_broadcast(&q->change);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int squeeze_start(struct squeeze *q, int threads)
{
	sigset_t all, old;
	unsigned int i;
	int r = 0;

	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->change, NULL);
	if (threads > SQUEEZE_THREADS)
		threads = SQUEEZE_THREADS;
	q->nr = threads + 2;
	for (i = 0; i < q->nr; i++) {
		q->bale[i].in = malloc(SQUEEZE_FRAME);
		q->bale[i].out = malloc(OUT_SIZE);
		if (!q->bale[i].in || !q->bale[i].out)
			return -ENOMEM;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!r && q->threads < threads) {
		r = -pthread_create(&q->thread[q->threads], NULL, work, q);
		q->threads += !r;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return q->threads ? 0 : r;
}

static int note(struct squeeze *q, const struct bale *b)
{
	uint32_t (*more)[2];

	if (q->frames == q->room) {
		q->room = q->room ? 2 * q->room : 256;
		more = realloc(q->table, q->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		q->table = more;
	}
	q->table[q->frames][0] = htole32(b->size);
	q->table[q->frames++][1] = htole32(b->len);
	return 0;
}

/* The oldest: wait until it is compressed, if @wait. Locked. Return: 1 if it was written */
static int write_one(struct squeeze *q, bool wait)
{
	struct bale *b = &q->bale[q->written % q->nr];
	int r;

	while (wait && b->state != BALE_DONE)
		pthread_cond_wait(&q->change, &q->lock);
	if (b->state != BALE_DONE)
		return 0;
	pthread_mutex_unlock(&q->lock);
	r = b->error ?: q->write(q->arg, b->out, b->size) ?: note(q, b);
	pthread_mutex_lock(&q->lock);
	b->state = BALE_FREE;
	b->len = b->size = 0;
	q->written++;
	return r < 0 ? r : 1;
}

int squeeze_cut(struct squeeze *q)
{
	int r = 1;

	if (!q->bale[q->filled % q->nr].len)
		return 0;
	pthread_mutex_lock(&q->lock);
	q->bale[q->filled++ % q->nr].state = BALE_WAITS;
	pthread_cond_broadcast(&q->change);
	while (r > 0 && q->written < q->filled)
		r = write_one(q, q->filled - q->written == q->nr);
	pthread_mutex_unlock(&q->lock);
	return r < 0 ? r : 0;
}

int squeeze_add(struct squeeze *q, const char *buf, size_t len)
{
	struct bale *b;
	size_t n;
	int r = 0;

	for (; len && !r; buf += n, len -= n) {
		b = &q->bale[q->filled % q->nr];
		n = len < SQUEEZE_FRAME - b->len ? len : SQUEEZE_FRAME - b->len;
		memcpy(b->in + b->len, buf, n);
		b->len += n;
		if (b->len == SQUEEZE_FRAME)
			r = squeeze_cut(q);
	}
	return r;
}

static int write_table(struct squeeze *q)
{
	uint32_t head[2] = { htole32(SEEK_FRAME_MAGIC), htole32(q->frames * sizeof(*q->table) + SEEK_FOOTER) };
	uint32_t n = htole32(q->frames), magic = htole32(SEEK_TABLE_MAGIC);
	char foot[SEEK_FOOTER] = { 0 };

	memcpy(foot, &n, 4);
	memcpy(foot + 5, &magic, 4);
	return q->write(q->arg, head, sizeof(head)) ?:
	       q->write(q->arg, q->table, q->frames * sizeof(*q->table)) ?: q->write(q->arg, foot, sizeof(foot));
}

int squeeze_end(struct squeeze *q, bool table)
{
	int r = squeeze_cut(q);

	pthread_mutex_lock(&q->lock);
	while (r >= 0 && q->written < q->filled)
		r = write_one(q, true);
	pthread_mutex_unlock(&q->lock);
	return r < 0 ? r : table ? write_table(q) : 0;
}

void squeeze_stop(struct squeeze *q)
{
	unsigned int i;

	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_broadcast(&q->change);
	pthread_mutex_unlock(&q->lock);
	while (q->threads)
		pthread_join(q->thread[--q->threads], NULL);
	for (i = 0; i < q->nr; i++) {
		free(q->bale[i].in);
		free(q->bale[i].out);
	}
	free(q->table);
	q->table = NULL;
	q->nr = 0;
}
