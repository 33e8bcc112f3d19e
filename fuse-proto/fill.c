// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Extents of a view, read whole and ahead into a few memfds that are used over and over.
 *
 * An extent is read with one call when it is opened, and the one behind it by another thread while
 * the first is being consumed. The kernel passes the reader's reads through to the memfd: no page
 * is allocated for the content, and it is still in the processor's cache when it is copied out.
 * The digest for the manifest is taken on the way.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fill.h"
#include "hash.h"

void fill_init(struct fill *f, struct stage *stage, struct work *work, uint8_t algorithm)
{
	unsigned int i;

	*f = (struct fill){ .stage = stage, .work = work, .algorithm = algorithm };
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->ready, NULL);
	for (i = 0; i < FILL_NR; i++)
		f->buf[i].fd = -1;
}

void fill_stop(struct fill *f)
{
	unsigned int i;

	for (i = 0; i < FILL_NR; i++) {
		if (f->buf[i].fd < 0)
			continue;
		if (f->buf[i].backing)
			f->stage->unback(f->stage->arg, f->buf[i].backing);
		munmap(f->buf[i].map, FILL_MAX);
		close(f->buf[i].fd);
		f->buf[i].fd = -1;
	}
}

bool fill_fits(const struct node *n)
{
	return n->kind == NODE_PAYLOAD && n->size >= FILL_MIN && n->size <= FILL_MAX;
}

static int make(struct fill *f, struct buf *b)
{
	int fd = memfd_create("crfs-view", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	b->map = mmap(NULL, FILL_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b->map == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	madvise(b->map, FILL_MAX, MADV_HUGEPAGE);
	b->fd = fd;
	b->size = 0;
	b->backing = f->stage->backing ? f->stage->backing(f->stage->arg, fd) : 0;
	return 0;
}

/* Reads all of the extent into the buffer. Without the lock: the state says it is being filled. */
static int read_all(struct fill *f, struct buf *b, struct node *n, uint8_t *digest)
{
	struct hash h;
	off_t off = 0;
	ssize_t r;

	if (b->size != n->size && ftruncate(b->fd, n->size) < 0)
		return -errno;
	b->size = n->size;
	while (off < n->size) {
		r = n->ops->pread(n, b->map + off, n->size - off, off);
		if (r <= 0)
			return r < 0 ? (int)r : -EIO;
		off += r;
	}
	r = hash_begin(&h, f->algorithm);
	if (r < 0)
		return r;
	hash_add(&h, b->map, off);
	hash_end(&h, digest);
	return 0;
}

static void fill_one(struct fill *f, struct buf *b)
{
	uint8_t digest[CRFS_DIGEST_MAX];
	struct node *n = b->node;
	int r = read_all(f, b, n, digest);
	unsigned int i;

	pthread_mutex_lock(&f->lock);
	if (!r && !n->digest_known) {
		for (i = 0; i < sizeof(digest); i++)
			n->digest[i] = digest[i];
		n->digest_known = true;
	}
	b->state = r < 0 ? BUF_BAD : BUF_FULL;
	b->error = r;
	pthread_cond_broadcast(&f->ready);
	pthread_mutex_unlock(&f->lock);
}

static struct buf *find(struct fill *f, const struct node *n)
{
	unsigned int i;

	for (i = 0; i < FILL_NR; i++)
		if (f->buf[i].node == n && f->buf[i].state != BUF_BAD)
			return &f->buf[i];
	return NULL;
}

/* The one that costs least to take: of the same size (no page comes or goes), longest not used. */
static struct buf *take(struct fill *f, struct node *n)
{
	struct buf *b, *best = NULL;
	unsigned int i;

	for (i = 0; i < FILL_NR; i++) {
		b = &f->buf[i];
		if (b->users || b->state == BUF_FILLING)
			continue;
		if (!best || (b->size == n->size) > (best->size == n->size) ||
		    ((b->size == n->size) == (best->size == n->size) && b->used < best->used))
			best = b;
	}
	if (!best || (best->fd < 0 && make(f, best) < 0))
		return NULL;
	best->node = n;
	best->state = BUF_FILLING;
	best->used = ++f->fills;
	return best;
}

static void ahead(void *a, void *b)
{
	fill_one(a, b);
}

static struct node *behind(struct node *n)
{
	return n->next && fill_fits(n->next) ? n->next : NULL;
}

/* Reading ahead begins with the second extent opened in order. */
static void read_ahead(struct fill *f, struct node *n)
{
	struct node *next = behind(n);
	bool in_order = f->last && f->last->next == n;
	struct buf *b;

	f->last = n;
	if (!next || (!in_order && n->prev) || find(f, next))
		return;
	b = take(f, next);
	if (b && !work_add(f->work, ahead, f, b)) {
		b->node = NULL;
		b->state = BUF_EMPTY;
	}
}

bool fill_has(struct fill *f, const struct node *n)
{
	struct buf *b;
	bool has;

	pthread_mutex_lock(&f->lock);
	b = find(f, n);
	has = b && b->state == BUF_FULL;
	pthread_mutex_unlock(&f->lock);
	return has;
}

int fill_get(struct fill *f, struct node *n, struct buf **out)
{
	struct buf *b;
	int r = 0;

	*out = NULL;
	pthread_mutex_lock(&f->lock);
	b = find(f, n);
	if (!b) {
		b = take(f, n);
		if (b) {
			b->users++;
			read_ahead(f, n);
			pthread_mutex_unlock(&f->lock);
			fill_one(f, b);
			pthread_mutex_lock(&f->lock);
		}
	} else {
		b->users++;
		read_ahead(f, n);
	}
	while (b && b->state == BUF_FILLING)
		pthread_cond_wait(&f->ready, &f->lock);
	if (b && b->state == BUF_BAD) {
		r = b->error;
		b->users--;
		b = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	*out = b;
	return r;
}

void fill_put(struct fill *f, struct buf *b)
{
	pthread_mutex_lock(&f->lock);
	b->users--;
	pthread_mutex_unlock(&f->lock);
}

void fill_forget(struct fill *f)
{
	unsigned int i;

	pthread_mutex_lock(&f->lock);
	f->last = NULL;
	for (i = 0; i < FILL_NR; i++) {
		while (f->buf[i].state == BUF_FILLING)
			pthread_cond_wait(&f->ready, &f->lock);
		f->buf[i].node = NULL;
		f->buf[i].state = BUF_EMPTY;
	}
	pthread_mutex_unlock(&f->lock);
}
