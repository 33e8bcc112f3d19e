// SPDX-License-Identifier: GPL-2.0-or-later
/* Open staged files, and when one of them is complete. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuse.h"
#include "hash.h"

struct handle *handle_new(struct crfs *c, struct gen *g, struct node *n, bool write)
{
	struct handle *h = calloc(1, sizeof(*h));
	struct front *f = front_of(n);

	(void)c;
	if (!h || !f) {
		free(h);
		return NULL;
	}
	*h = (struct handle){ .g = g, .n = n, .write = write };
	g->refs++;
	f->opens++;
	f->handles++;
	f->writers += write;
	return h;
}

/* Written since it was last looked at? What the kernel wrote past us shows in the memfd's mtime. */
static bool is_changed(struct node *n)
{
	struct front *f = n->front;

	stage_sync(n);
	return !f->complete || f->changed ||
	       (f->bytes && f->bytes->own && memcmp(&f->stamp, &n->mtime, sizeof(f->stamp)));
}

struct digesting {
	struct crfs *c;
	struct gen *g;
	unsigned int version;
};

static void digest_job(void *a, void *b)
{
	uint8_t digest[CRFS_DIGEST_MAX];
	struct digesting *d = a;
	struct mount *m = &d->c->m;
	struct node *n = b;
	struct front *f = n->front;
	off_t len;
	int r = hash_node(n, m->opts.digest, digest, &len);

	pthread_mutex_lock(&m->lock);
	if (!r && f->version == d->version && len == n->size && !n->digest_known) {
		memcpy(n->digest, digest, sizeof(digest));
		f->algorithm = m->opts.digest;
		n->digest_known = true;
	}
	f->opens--;
	node_put(m, d->g, n);
	gen_put(m, d->g, 1);
	pthread_mutex_unlock(&m->lock);
	free(d);
}

/*
 * Digests a payload while the tool goes on with the next one. A small one waits for the end, since
 * waking a thread for it would take longer than its digest does.
 */
static void digest_later(struct crfs *c, struct gen *g, struct node *n)
{
	struct front *f = n->front;
	struct digesting *d = f->bytes && n->size > STAGE_SMALL ? malloc(sizeof(*d)) : NULL;

	if (!d)
		return;
	*d = (struct digesting){ .c = c, .g = g, .version = f->version };
	if (!work_add(&c->m.work, digest_job, d, n)) {
		free(d);
		return;
	}
	f->opens++;
	g->refs++;
}

void stage_undone(struct crfs *c, struct node *n)
{
	struct front *f = n->front;

	f->version++;
	n->digest_known = false;
	trigger_undone(&c->m, n);
	f->complete = false;
}

int stage_done(struct crfs *c, struct gen *g, struct node *n)
{
	struct mount *m = &c->m;
	struct front *f = n->front;
	struct err e = { .code = 0 };

	if (!is_changed(n))
		return 0;
	if (f->complete)
		stage_undone(c, n);
	f->complete = true;
	f->changed = false;
	f->stamp = n->mtime;
	digest_later(c, g, n);
	trigger_done(m, n, &e);
	if (e.code) {
		errlist_clear(&m->why);
		errlist_take(&m->why, &e);
		m->failed = true;
		return e.code;
	}
	return trigger_run(m);
}

/* All handles of an inode are passed through, or none: the kernel would refuse another one. */
int stage_handle(struct crfs *c, struct gen *g, struct node *n, struct fuse_file_info *fi,
		 int *backing)
{
	bool write = (fi->flags & O_ACCMODE) != O_RDONLY;
	struct front *f = n->front;
	struct handle *h;
	int r = write ? stage_open(&c->m.stage, n) : 0;

	if (!r && write && fi->flags & O_TRUNC)
		r = stage_resize(&c->m.stage, n, 0);
	if (r < 0)
		return r;
	if (!f->handles)
		f->through = f->bytes && f->bytes->own && f->bytes->backing && f->bytes->refs == 1;
	h = handle_new(c, g, n, write);
	if (!h)
		return -ENOMEM;
	if (write && f->complete)
		stage_undone(c, n);
	fi->fh = (uintptr_t)h;
	fi->noflush = !write;
	*backing = f->through ? f->bytes->backing : 0;
	return 0;
}

/* The last writer has gone: an empty file that was passed over is what it is now. */
static void last_writer(struct crfs *c, struct handle *h)
{
	struct mount *m = &c->m;

	if (h->g != m->cur || m->busy)
		return;
	if (m->recheck)
		m->changed = true;
	if (stage_done(c, h->g, h->n) == 0 && m->recheck)
		trigger_run(m);
}

void handle_free(struct crfs *c, struct handle *h)
{
	struct front *f;

	if (h->own)
		free((char *)h->text);
	if (h->core)
		core_close(c, h);
	if (h->ctl) {
		free(h);
		return;
	}
	if (h->buf)
		fill_put(&c->m.fill, h->buf);
	pthread_mutex_lock(&c->m.lock);
	f = h->n->front;
	if (!--f->handles)
		f->through = false;
	f->writers -= h->write;
	if (h->write && !f->writers)
		last_writer(c, h);
	f->opens--;
	node_put(&c->m, h->g, h->n);
	gen_put(&c->m, h->g, 1);
	pthread_mutex_unlock(&c->m.lock);
	free(h);
}
