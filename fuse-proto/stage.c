// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Staged files: texts in the heap, payloads in files of memory (stage_bytes.c).
 *
 * A payload is written into a file of its own, by the kernel itself where it can pass through.
 * When its last writer has closed it, it is stored by size: what is small goes to the heap, what
 * is large keeps its file until there are too many of them; then it is packed into a shared
 * one. So the number of descriptors is bounded, and each byte is held once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage.h"

#define TEXT_MAX (4 << 20)	/* a file that grows beyond is no text */
#define PAGE 4096

static ssize_t stage_pread(struct node *n, void *buf, size_t size, off_t off);
static off_t stage_hole(struct node *n, off_t off, bool data);
static void stage_gone(struct node *n);

static const struct payload_ops stage_ops = {
	.pread = stage_pread,
	.hole = stage_hole,
	.free = stage_gone,
};

static struct stored *stored(struct node *n)
{
	return n->front;
}

int node_backing(struct node *n, off_t *off)
{
	struct stored *f = n->front;

	if (n->ops != &stage_ops || !f->bytes)
		return -1;
	*off = f->bytes->off;
	return f->bytes->fd;
}

bool node_takes(const struct node *n)
{
	const struct stored *f = n->front;

	return n->ops == &stage_ops && f->bytes && f->bytes->takes;
}

static ssize_t stage_pread(struct node *n, void *buf, size_t size, off_t off)
{
	struct stored *f = n->front;
	ssize_t r;

	if (off < 0)
		return -EINVAL;
	if (f->bytes && f->bytes->own) {	/* the size may be ahead of what we know of it */
		r = pread(f->bytes->fd, buf, size, off);
		return r < 0 ? -errno : r;
	}
	if (off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	if (f->bytes) {
		r = pread(f->bytes->fd, buf, size, f->bytes->off + off);
		return r < 0 ? -errno : r;
	}
	memcpy(buf, n->text + off, size);
	return size;
}

static off_t stage_hole(struct node *n, off_t off, bool data)
{
	struct stored *f = n->front;
	off_t r;

	if (!f->bytes || !f->bytes->own)
		return data ? off : n->size;
	r = lseek(f->bytes->fd, off, data ? SEEK_DATA : SEEK_HOLE);
	return r < 0 ? -errno : r;
}

static void stage_gone(struct node *n)
{
	stage_drop(n);
}

void stage_take(struct node *n, struct bytes **list)
{
	struct stored *f = n->front;

	if (f->bytes && f->bytes->refs > 1) {
		f->bytes->refs--;
	} else if (f->bytes) {
		f->bytes->size = n->size;
		f->bytes->next = *list;
		*list = f->bytes;
	}
	f->bytes = NULL;
	free(n->text);
	n->text = NULL;
	f->room = 0;
	n->size = 0;
}

void stage_free(struct stage *s, struct bytes *list)
{
	struct bytes *next;

	for (; list; list = next) {
		next = list->next;
		bytes_put(s, list, list->size);
	}
}

void stage_drop(struct node *n)
{
	struct bytes *list = NULL;

	if (!n->front)
		return;
	stage_take(n, &list);
	stage_free(n->priv, list);
}

bool stage_is_payload(const struct node *n)
{
	if (n->parent && !strcmp(n->parent->name, "pages"))
		return true;
	return !strcmp(n->name, "data") || !strncmp(n->name, ".data.", 6);
}

void stage_kind(struct stage *s, struct node *n)
{
	if (n->kind == NODE_DIR)
		return;
	if (stage_is_payload(n) || stored(n)->bytes) {
		n->kind = NODE_PAYLOAD;
		n->ops = &stage_ops;
		n->priv = s;
	} else {
		n->kind = NODE_TEXT;
		n->ops = NULL;
	}
}

/* Room in the heap, and always for the NUL behind. */
static int reserve(struct node *n, size_t size)
{
	struct stored *f = n->front;
	size_t room = f->room ? f->room : 256;
	char *p;

	if (size < f->room)
		return 0;
	while (room <= size)
		room *= 2;
	p = realloc(n->text, room);
	if (!p)
		return -ENOSPC;
	n->text = p;
	f->room = room;
	return 0;
}

static int write_all(int fd, const char *p, size_t size, off_t off)
{
	ssize_t w;

	while (size) {
		w = pwrite(fd, p, size, off);
		if (w <= 0)
			return w < 0 ? -errno : -ENOSPC;
		p += w;
		off += w;
		size -= w;
	}
	return 0;
}

/* Copies between descriptors, or from @text where @from is -1. */
static int copy(int from, off_t from_off, const char *text, int to, off_t to_off, off_t size)
{
	char buf[32 << 10];
	ssize_t r;
	int e;

	if (from < 0)
		return write_all(to, text, size, to_off);
	while (size > 0) {
		r = pread(from, buf, size < (off_t)sizeof(buf) ? (size_t)size : sizeof(buf), from_off);
		if (r <= 0)
			return r < 0 ? -errno : -EIO;
		e = write_all(to, buf, r, to_off);
		if (e < 0)
			return e;
		from_off += r;
		to_off += r;
		size -= r;
	}
	return 0;
}

static bool is_extent(const struct node *n)
{
	const struct node *p = n->parent;

	return p && !strcmp(p->name, "pages") && p->parent && p->parent->parent &&
	       !strcmp(p->parent->parent->name, "mms");
}

/* Into a file of its own, whatever it is in. */
static int make_own(struct stage *s, struct node *n)
{
	struct stored *f = n->front;
	struct bytes *b = bytes_new(s, is_extent(n)), *old = f->bytes;
	int r;

	if (!b)
		return -errno;
	r = copy(old ? old->fd : -1, old ? old->off : 0, n->text, b->fd, 0, n->size);
	if (r < 0) {
		bytes_put(s, b, 0);
		return r;
	}
	bytes_put(s, old, n->size);
	free(n->text);
	n->text = NULL;
	f->room = 0;
	f->bytes = b;
	stage_kind(s, n);
	return 0;
}

int stage_open(struct stage *s, struct node *n)
{
	struct stored *f = n->front;

	if (n->kind == NODE_TEXT || (f->bytes && f->bytes->own))
		return 0;
	return make_own(s, n);
}

int stage_adopt(struct stage *s, struct node *n, int fd, off_t size, bool takes)
{
	struct bytes *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	*b = (struct bytes){ .fd = fd, .refs = 1, .own = true, .takes = takes };
	stored(n)->bytes = b;
	n->size = size;
	stage_kind(s, n);
	return 0;
}

static ssize_t write_text(struct node *n, const void *buf, size_t size, off_t off)
{
	int r = reserve(n, off + size);

	if (r < 0)
		return r;
	if (off > n->size)
		memset(n->text + n->size, 0, off - n->size);
	memcpy(n->text + off, buf, size);
	if (n->size < off + (off_t)size)
		n->size = off + size;
	n->text[n->size] = '\0';
	clock_gettime(CLOCK_REALTIME, &n->mtime);
	return size;
}

ssize_t stage_write(struct stage *s, struct node *n, const void *buf, size_t size, off_t off)
{
	struct stored *f = n->front;
	int r;

	if (!f->bytes && off + size <= TEXT_MAX)
		return write_text(n, buf, size, off);
	if (!f->bytes || !f->bytes->own) {
		r = make_own(s, n);
		if (r < 0)
			return r;
	}
	r = write_all(f->bytes->fd, buf, size, off);
	return r < 0 ? r : (ssize_t)size;
}

int stage_resize(struct stage *s, struct node *n, off_t size)
{
	struct stored *f = n->front;
	int r = 0;

	if (!f->bytes && size <= TEXT_MAX) {
		r = reserve(n, size);
		if (r < 0)
			return r;
		if (size > n->size)
			memset(n->text + n->size, 0, size - n->size);
		n->text[size] = '\0';
		n->size = size;
		clock_gettime(CLOCK_REALTIME, &n->mtime);
		return 0;
	}
	if (!f->bytes || !f->bytes->own)
		r = make_own(s, n);
	if (!r && ftruncate(f->bytes->fd, size) < 0)
		r = -errno;
	if (!r)
		n->size = size;
	return r;
}

void stage_sync(struct node *n)
{
	struct stored *f = n->front;
	struct stat st;

	if (!f || !f->bytes || !f->bytes->own || fstat(f->bytes->fd, &st) < 0)
		return;
	n->size = st.st_size;
	n->mtime = st.st_mtim;
}

static void to_heap(struct stage *s, struct node *n)
{
	struct stored *f = n->front;
	struct bytes *b = f->bytes;

	if (reserve(n, n->size) < 0)
		return;
	if (pread(b->fd, n->text, n->size, 0) != n->size)
		return;
	n->text[n->size] = '\0';
	f->bytes = NULL;
	bytes_put(s, b, 0);
}

static void to_pack(struct stage *s, struct node *n)
{
	struct stored *f = n->front;
	struct bytes *b = calloc(1, sizeof(*b));
	off_t len = (n->size + PAGE - 1) & -PAGE;

	if (!b)
		return;
	pthread_mutex_lock(&s->lock);
	if (s->pack < 0)
		s->pack = bytes_file(s);
	*b = (struct bytes){ .fd = s->pack, .off = s->pack_end, .refs = 1 };
	s->pack_end += len;
	pthread_mutex_unlock(&s->lock);
	if (b->fd < 0 || copy(f->bytes->fd, 0, NULL, b->fd, b->off, n->size) < 0) {
		free(b);
		return;
	}
	bytes_put(s, f->bytes, 0);
	f->bytes = b;
}

/* Of what it grew by, half has never been used, on average, and there are many texts. */
static void shrink(struct node *n)
{
	struct stored *f = n->front;
	char *p = f->room > (size_t)n->size + 1 ? realloc(n->text, n->size + 1) : NULL;

	if (!p)
		return;
	n->text = p;
	f->room = n->size + 1;
}

void stage_settle(struct stage *s, struct node *n)
{
	struct stored *f = n->front;

	if (!f->bytes)
		shrink(n);
	if (!f->bytes || !f->bytes->own)
		return;
	stage_sync(n);
	if (is_extent(n))
		bytes_settle(s, f->bytes, n->size);
	if (f->bytes->refs > 1)
		return;
	if (n->size <= STAGE_SMALL)
		to_heap(s, n);
	else if (s->own > s->own_max)
		to_pack(s, n);
}

int stage_link(struct node *from, struct node *to)
{
	struct stored *f = from->front;
	int r;

	stage_sync(from);
	if (!f->bytes) {
		r = reserve(to, from->size);
		if (r < 0)
			return r;
		memcpy(to->text, from->text ? from->text : "", from->size);
		to->text[from->size] = '\0';
	} else {
		f->bytes->refs++;
		stored(to)->bytes = f->bytes;
	}
	to->size = from->size;
	to->mtime = from->mtime;
	return 0;
}
