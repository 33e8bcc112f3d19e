// SPDX-License-Identifier: GPL-2.0-or-later
/* Open files: reading views and staged files, writing staged ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elfcore.h"
#include "fuse.h"
#include "hash.h"

#define STORE_MAX (16 << 10)	/* bytes of a file that the kernel is given unasked */
#define LARGE (64 << 10)	/* bytes whose copying takes longer than waking a thread */

static void reply_open(fuse_req_t req, struct fuse_file_info *fi, int backing)
{
	struct perthread *t = io_thread(crfs_of(req));

	if (t)
		t->backing = backing;
	fuse_reply_open(req, fi);
}

/*
 * A view's extents are read whole when they are opened, and passed through where that is possible;
 * all handles of an inode are, or none, so the first one decides.
 */
static int open_extent(struct crfs *c, struct handle *h, int *backing)
{
	struct front *f = h->n->front;
	int r;

	if (f->handles > 1 && !f->through)
		return 0;
	if (!fill_has(&c->m.fill, h->n))
		loop_aside(c);
	r = fill_get(&c->m.fill, h->n, &h->buf);
	if (r < 0)
		return r;
	pthread_mutex_lock(&c->m.lock);
	if (f->handles == 1)
		f->through = h->buf && h->buf->backing;
	*backing = f->through && h->buf ? h->buf->backing : 0;
	/* a second reader of a file that is passed through came in between two fills */
	r = f->through && !*backing ? -EAGAIN : 0;
	pthread_mutex_unlock(&c->m.lock);
	return r;
}

static int open_manifest(struct crfs *c, struct handle *h)
{
	enum cgroup_state s;
	int r;

	pthread_mutex_lock(&c->m.lock);
	mount_peek(&c->m, &s);
	r = h->g->over ? -ESTALE : 0;
	pthread_mutex_unlock(&c->m.lock);
	if (!r)
		r = gen_manifest(&c->m, h->g, &h->text);
	h->len = h->n->size;
	return r;
}

/* Digests a payload that is no extent while it is read in order; else it is read again later. */
static void stream(struct crfs *c, struct node *n, const char *buf, size_t len, off_t off)
{
	struct front *f = n->front;
	struct hash *h = NULL;

	pthread_mutex_lock(&c->m.lock);
	if (!off && !f->stream && !n->digest_known) {
		h = malloc(sizeof(*h));
		if (h && hash_begin(h, c->m.opts.digest) < 0) {
			free(h);
			h = NULL;
		}
	} else if (f->stream && f->streamed == off) {
		h = f->stream;
	}
	f->stream = h == f->stream ? NULL : f->stream;
	pthread_mutex_unlock(&c->m.lock);
	if (!h)
		return;
	hash_add(h, buf, len);
	pthread_mutex_lock(&c->m.lock);
	f->stream = h;
	f->streamed = off + len;
	if (f->streamed == n->size) {
		hash_end(h, n->digest);
		n->digest_known = true;
		f->stream = NULL;
		free(h);
	}
	pthread_mutex_unlock(&c->m.lock);
}

/*
 * Hands the kernel a small file before it asks: a tool that opens one reads it, and a request less
 * is half of what it costs. It waits for the lock of the file's pages, which a read that waits for
 * us would hold: so only the first handle does it, when nobody can be reading, and this thread,
 * which leads, receives no other open meanwhile.
 */
static void store(struct crfs *c, struct handle *h)
{
	struct node *n = h->n;
	struct fuse_bufvec v = FUSE_BUFVEC_INIT(n->size);
	char *buf = (char *)n->text;

	if (((struct front *)n->front)->handles > 1 || !n->size || n->size > STORE_MAX)
		return;
	if (n->kind == NODE_PAYLOAD) {
		buf = io_buffer(c);
		if (!buf || node_pread(n, buf, n->size, 0) != n->size)
			return;
		stream(c, n, buf, n->size, 0);
	}
	v.buf[0].mem = buf;
	fuse_lowlevel_notify_store(c->se, node_ino(h->g, n), 0, &v, 0);
}

static int open_view(struct crfs *c, struct handle *h, struct fuse_file_info *fi, int *backing)
{
	fi->noflush = 1;
	fi->keep_cache = 1;
	if (h->n == h->g->manifest)
		return open_manifest(c, h);
	if (h->n->kind == NODE_PAYLOAD && fill_fits(h->n))
		return open_extent(c, h, backing);
	store(c, h);
	return 0;
}

/* With the lock held; @h is made, but for the extent of a view, which is read without. */
static int open_node(struct crfs *c, fuse_ino_t ino, pid_t pid, struct fuse_file_info *fi,
		     int *backing)
{
	bool write = (fi->flags & O_ACCMODE) != O_RDONLY;
	struct handle *h;
	struct gen *g;
	struct node *n;
	int r;

	if (write)
		mount_idle(&c->m);
	else
		mount_leave(&c->m, pid);
	r = node_resolve(c, ino, pid, false, &g, &n);
	if (!r && g->over)
		r = -ESTALE;
	if (r < 0)
		return r;
	if (g->view && write)
		return -EROFS;
	if (!g->view) {
		if (write)
			mount_wrote(&c->m, pid);
		return stage_handle(c, g, n, fi, backing);
	}
	h = handle_new(c, g, n, false);
	fi->fh = (uintptr_t)h;
	return h ? 0 : -ENOMEM;
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct handle *h;
	int r, backing = 0;

	if (ino < CTL_END) {
		h = calloc(1, sizeof(*h));
		r = h ? ctl_open(c, ino, h) : -ENOMEM;
		fi->fh = (uintptr_t)h;
		fi->direct_io = 1;
		if (r < 0)
			free(h);
	} else if (core_is(ino)) {
		r = core_open(c, ino, fi);
	} else {
		pthread_mutex_lock(&c->m.lock);
		r = open_node(c, ino, fuse_req_ctx(req)->pid, fi, &backing);
		pthread_mutex_unlock(&c->m.lock);
		h = handle_of(fi);
		if (!r && h->g->view) {
			r = open_view(c, h, fi, &backing);
			if (r < 0)
				handle_free(c, h);
		}
	}
	if (r < 0)
		reply_err(req, r);
	else
		reply_open(req, fi, backing);
}

static void reply_part(fuse_req_t req, const char *text, off_t len, size_t size, off_t off)
{
	if (off >= len)
		size = 0;
	else if (size > (size_t)(len - off))
		size = len - off;
	fuse_reply_buf(req, size ? text + off : NULL, size);
}

static void read_view(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
	struct crfs *c = crfs_of(req);
	char *buf = io_buffer(c);
	ssize_t r;

	if (h->g->over) {
		fuse_reply_err(req, ESTALE);
	} else if (h->buf) {
		reply_part(req, h->buf->map, h->n->size, size, off);
	} else if (h->n->kind == NODE_TEXT) {
		reply_part(req, h->n->text, h->n->size, size, off);
	} else if (!buf) {
		fuse_reply_err(req, ENOMEM);
	} else {
		loop_aside(c);
		r = node_pread(h->n, buf, size < IO_MAX ? size : IO_MAX, off);
		if (r > 0)
			stream(c, h->n, buf, r, off);
		if (r < 0)
			reply_err(req, r);
		else
			fuse_reply_buf(req, buf, r);
	}
}

/* What is in the heap can move while it is written, what is in a memfd cannot. */
static void read_staged(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
	struct crfs *c = crfs_of(req);
	char *buf = io_buffer(c);
	ssize_t r = -ENOMEM;

	if (size >= LARGE)
		loop_aside(c);
	pthread_mutex_lock(&c->m.lock);
	if (h->g->over)
		r = -ESTALE;
	else if (buf)
		r = node_pread(h->n, buf, size < IO_MAX ? size : IO_MAX, off);
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_buf(req, buf, r);
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)ino;
	if (h->text)
		reply_part(req, h->text, h->len, size, off);
	else if (h->core)
		core_read(req, h, size, off);
	else if (h->g->view)
		read_view(req, h, size, off);
	else
		read_staged(req, h, size, off);
}

static ssize_t write_staged(struct crfs *c, struct handle *h, const char *buf, size_t size,
			    off_t off)
{
	struct front *f;
	ssize_t r;

	if (size >= LARGE)
		loop_aside(c);
	pthread_mutex_lock(&c->m.lock);
	mount_idle(&c->m);
	f = h->n->front;
	if (h->g->over) {
		r = -ESTALE;
	} else {
		if (f->complete)
			stage_undone(c, h->n);
		f->changed = true;
		f->version++;
		r = stage_write(&c->m.stage, h->n, buf, size, off);
		stage_kind(&c->m.stage, h->n);
	}
	pthread_mutex_unlock(&c->m.lock);
	return r;
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct handle *h = handle_of(fi);
	ssize_t r;

	(void)ino;
	if (h->ctl)
		r = h->ctl == CTL_CTL ? ctl_write(c, buf, size) : -EPERM;
	else
		r = write_staged(c, h, buf, size, off);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_write(req, r);
}

void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct handle *h = handle_of(fi);
	int r = 0;

	(void)ino;
	if (!h->ctl && h->write) {
		pthread_mutex_lock(&c->m.lock);
		mount_idle(&c->m);
		if (h->g == c->m.cur && !((struct front *)h->n->front)->detached)
			r = stage_done(c, h->g, h->n);
		pthread_mutex_unlock(&c->m.lock);
	}
	reply_err(req, r);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	handle_free(crfs_of(req), handle_of(fi));
	fuse_reply_err(req, 0);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	fuse_reply_err(req, 0);
}

void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	struct crfs *c = crfs_of(req);
	bool data = whence == SEEK_DATA;
	off_t r;

	(void)ino;
	if (h->core) {
		r = elfcore_hole(h->core, off, data);
		if (r < 0)
			reply_err(req, r);
		else
			fuse_reply_lseek(req, r);
		return;
	}
	if (h->ctl) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	pthread_mutex_lock(&c->m.lock);
	if (!h->g->view)
		stage_sync(h->n);
	if (h->g->over)
		r = -ESTALE;
	else if (off < 0 || off >= h->n->size)
		r = -ENXIO;
	else if (h->n->ops && h->n->ops->hole)
		r = h->n->ops->hole(h->n, off, data);
	else
		r = data ? off : h->n->size;
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_lseek(req, r);
}

/* Only memfds have holes; a text is given its length and nothing else. */
static int staged_fallocate(struct crfs *c, struct node *n, int mode, off_t off, off_t len)
{
	struct front *f = n->front;

	if (f->bytes && f->bytes->own)
		return fallocate(f->bytes->fd, mode, off, len) < 0 ? -errno : 0;
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	if (mode || off + len <= n->size)
		return 0;
	return stage_resize(&c->m.stage, n, off + len);
}

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		  struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct handle *h = handle_of(fi);
	int r;

	(void)ino;
	pthread_mutex_lock(&c->m.lock);
	mount_idle(&c->m);
	r = h->g->over ? -ESTALE : h->g->view ? -EROFS : 0;
	if (!r) {
		if (((struct front *)h->n->front)->complete)
			stage_undone(c, h->n);
		((struct front *)h->n->front)->changed = true;
		r = staged_fallocate(c, h->n, mode, off, len);
	}
	pthread_mutex_unlock(&c->m.lock);
	reply_err(req, r);
}
