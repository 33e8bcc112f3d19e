// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * .crfs/core/<tid>: the ELF core of a task of a frozen container, computed where it is read.
 *
 * An inode number has the generation in its upper half, as those of the tree have, and then CORE_BIT
 * and the tid. Names are looked up each time: another generation has other cores.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fuse.h"
#include "gen_cores.h"

#define CORE_BIT (1U << 31)

bool core_is(fuse_ino_t ino)
{
	return ino >> 32 && ino & CORE_BIT;
}

static unsigned int tid_of(fuse_ino_t ino)
{
	return ino & ~CORE_BIT & 0xffffffff;
}

static fuse_ino_t ino_of(const struct gen *g, unsigned int tid)
{
	return (uint64_t)g->id << 32 | CORE_BIT | tid;
}

/* The generation of an inode; with the lock held */
static struct gen *gen_of(struct crfs *c, fuse_ino_t ino)
{
	struct gen *g = c->m.gens;

	while (g && g->id != ino >> 32)
		g = g->next;
	return g;
}

void core_forget(struct crfs *c, fuse_ino_t ino, uint64_t count)
{
	struct gen *g = gen_of(c, ino);

	if (g)
		gen_put(&c->m, g, count);
}

static void put(struct crfs *c, struct gen *g)
{
	pthread_mutex_lock(&c->m.lock);
	gen_put(&c->m, g, 1);
	pthread_mutex_unlock(&c->m.lock);
}

/* The view that is shown, with a reference. Return: 0, -ENOENT: staging, -EBUSY: it runs, or another errno */
static int current_view(struct crfs *c, struct gen **g)
{
	int r;

	pthread_mutex_lock(&c->m.lock);
	r = mount_current(&c->m, false, g);
	if (!r && (*g)->kind != GEN_VIEW)
		r = (*g)->kind == GEN_LIVE ? -EBUSY : -ENOENT;
	if (!r)
		(*g)->refs++;
	pthread_mutex_unlock(&c->m.lock);
	return r;
}

/* That of an inode, with a reference, if it is still true. */
static int view_of(struct crfs *c, fuse_ino_t ino, struct gen **g)
{
	enum cgroup_state s;

	pthread_mutex_lock(&c->m.lock);
	mount_peek(&c->m, &s);
	*g = gen_of(c, ino);
	if (*g && !(*g)->over)
		(*g)->refs++;
	else
		*g = NULL;
	pthread_mutex_unlock(&c->m.lock);
	return *g ? 0 : -ESTALE;
}

static void set_attr(struct crfs *c, struct gen *g, unsigned int tid, off_t size, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino_of(g, tid);
	st->st_mode = S_IFREG | 0400;
	st->st_nlink = 1;
	st->st_uid = c->m.uid;
	st->st_gid = c->m.gid;
	st->st_size = size;
	st->st_blksize = 4096;
	st->st_blocks = (size + 511) / 512;
	st->st_mtim = g->time;
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
}

/* A tid as the tree writes it: no other name is one. */
static unsigned int number(const char *name)
{
	unsigned long v;
	char *end;

	if (*name < '1' || *name > '9' || strlen(name) > 9)
		return 0;
	v = strtoul(name, &end, 10);
	return *end ? 0 : v;
}

void core_lookup(fuse_req_t req, const char *name)
{
	struct fuse_entry_param e = { .ino = 0 };
	struct crfs *c = crfs_of(req);
	unsigned int tid = number(name);
	struct gen *g = NULL;
	off_t size;
	int r = -ENOENT;

	if (tid && (!c->forgets || fuse_req_ctx(req)->pid != c->forgets))
		r = current_view(c, &g);
	if (!r) {
		loop_aside(c);
		r = cores_size(&c->m, g, tid, &size);
		if (r < 0)
			put(c, g);
	}
	if (r < 0) {
		reply_err(req, r);
		return;
	}
	set_attr(c, g, tid, size, &e.attr);
	e.ino = e.attr.st_ino;
	e.generation = g->id;
	fuse_reply_entry(req, &e);	/* the reference is the kernel's now */
}

void core_getattr(fuse_req_t req, fuse_ino_t ino)
{
	struct crfs *c = crfs_of(req);
	struct stat st;
	struct gen *g;
	off_t size;
	int r = view_of(c, ino, &g);

	if (!r) {
		r = cores_size(&c->m, g, tid_of(ino), &size);
		if (!r)
			set_attr(c, g, tid_of(ino), size, &st);
		put(c, g);
	}
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_attr(req, &st, 0);
}

/* Return: 0, the handle is in @fi, or a negative errno */
int core_open(struct crfs *c, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h;
	struct gen *g;
	int r;

	if ((fi->flags & O_ACCMODE) != O_RDONLY)
		return -EROFS;
	r = view_of(c, ino, &g);
	if (r < 0)
		return r;
	h = calloc(1, sizeof(*h));
	loop_aside(c);
	r = h ? cores_open(&c->m, g, tid_of(ino), &h->core) : -ENOMEM;
	if (r < 0) {
		free(h);
		put(c, g);
		return r;
	}
	h->ctl = CTL_CORE;
	h->g = g;
	fi->fh = (uintptr_t)h;
	fi->keep_cache = 1;
	fi->noflush = 1;
	return 0;
}

void core_close(struct crfs *c, struct handle *h)
{
	elfcore_free(h->core);
	put(c, h->g);
}

void core_read(fuse_req_t req, struct handle *h, size_t size, off_t off)
{
	struct crfs *c = crfs_of(req);
	char *buf = io_buffer(c);
	ssize_t r = h->g->over ? -ESTALE : buf ? 0 : -ENOMEM;

	if (!r) {
		loop_aside(c);
		r = elfcore_pread(h->core, buf, size < IO_MAX ? size : IO_MAX, off);
	}
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_buf(req, buf, r);
}

/* The tid is the offset of what comes behind it. Of a container that runs there is none. */
void core_readdir(fuse_req_t req, size_t size, off_t off, bool plus)
{
	struct fuse_entry_param e = { .attr = { .st_mode = S_IFREG } };
	struct crfs *c = crfs_of(req);
	size_t used = 0, need;
	unsigned int tid = off;
	char buf[4096], name[16];
	struct gen *g;
	int r = current_view(c, &g);

	if (r < 0) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	loop_aside(c);
	size = size < sizeof(buf) ? size : sizeof(buf);
	while ((tid = cores_next(&c->m, g, tid))) {
		snprintf(name, sizeof(name), "%u", tid);
		e.attr.st_ino = ino_of(g, tid);
		need = plus ? fuse_add_direntry_plus(req, buf + used, size - used, name, &e, tid) :
			      fuse_add_direntry(req, buf + used, size - used, name, &e.attr, tid);
		if (need > size - used)
			break;
		used += need;
	}
	put(c, g);
	fuse_reply_buf(req, buf, used);
}
