// SPDX-License-Identifier: GPL-2.0-or-later
/* Directories and names: looking up, listing, attributes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "fuse.h"

/* A tree that is over is gone, except to the tool that filled it and has yet to set its times. */
static bool is_stale(const struct crfs *c, const struct gen *g)
{
	return g->over && g != c->m.grace;
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct crfs *c = crfs_of(req);
	struct fuse_entry_param e;
	struct node *dir, *n;
	struct gen *g;
	int r;

	if (ctl_lookup(req, parent, name))
		return;
	if (c->forgets && fuse_req_ctx(req)->pid == c->forgets) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	pthread_mutex_lock(&c->m.lock);
	r = node_resolve(c, parent, fuse_req_ctx(req)->pid, false, &g, &dir);
	if (!r && is_stale(c, g))
		r = -ESTALE;
	n = r ? NULL : tree_find(g->tree, dir, name);
	if (!r)
		r = n ? node_entry(c, g, n, &e) : -ENOENT;
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_entry(req, &e);
}

static void forget(struct crfs *c, fuse_ino_t ino, uint64_t count)
{
	struct gen *g;
	struct node *n;

	if (core_is(ino)) {
		core_forget(c, ino, count);
		return;
	}
	if (ino < CTL_END || node_resolve(c, ino, 0, false, &g, &n) < 0)
		return;
	if (!g->view) {
		((struct front *)n->front)->lookups -= count;
		node_put(&c->m, g, n);
	}
	gen_put(&c->m, g, count);
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	struct crfs *c = crfs_of(req);

	pthread_mutex_lock(&c->m.lock);
	forget(c, ino, nlookup);
	pthread_mutex_unlock(&c->m.lock);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct crfs *c = crfs_of(req);
	size_t i;

	pthread_mutex_lock(&c->m.lock);
	for (i = 0; i < count; i++)
		forget(c, forgets[i].ino, forgets[i].nlookup);
	pthread_mutex_unlock(&c->m.lock);
	fuse_reply_none(req);
}

/* The root is looked at by whoever passes by; that alone is no reason to take a view. */
static void root_attr(struct crfs *c, struct stat *st)
{
	enum cgroup_state s = CGROUP_EMPTY;

	if (!mount_peek(&c->m, &s) && c->m.cur) {
		node_attr(c, c->m.cur, tree_root(c->m.cur->tree), st);
		return;
	}
	memset(st, 0, sizeof(*st));
	st->st_ino = FUSE_ROOT_ID;
	st->st_mode = S_IFDIR | (s == CGROUP_EMPTY ? 0700 : 0500);
	st->st_nlink = 2;
	st->st_uid = c->m.uid;
	st->st_gid = c->m.gid;
	st->st_blksize = 4096;
	st->st_mtim = c->m.since;
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	double timeout = 0;
	struct stat st;
	struct gen *g;
	struct node *n;
	int r = 0;

	(void)fi;
	if (core_is(ino)) {
		core_getattr(req, ino);
		return;
	}
	if (ino != FUSE_ROOT_ID && ino < CTL_END) {
		ctl_attr(c, ino, &st);
		fuse_reply_attr(req, &st, 0);
		return;
	}
	pthread_mutex_lock(&c->m.lock);
	if (ino == FUSE_ROOT_ID) {
		root_attr(c, &st);
	} else {
		r = node_resolve(c, ino, 0, false, &g, &n);
		if (!r) {
			node_attr(c, g, n, &st);
			timeout = attr_time(g, n);
		}
	}
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_attr(req, &st, timeout);
}

/* Who lists what it filled has finished filling it and wants to see what has become of it. */
static int open_dir(struct crfs *c, fuse_ino_t ino, pid_t pid, struct handle **h)
{
	struct node *n;
	struct gen *g;
	int r;

	mount_leave(&c->m, pid);
	r = node_resolve(c, ino, pid, true, &g, &n);
	if (r < 0)
		return r;
	if (g->over)
		return -ESTALE;
	*h = handle_new(c, g, n, false);
	return *h ? 0 : -ENOMEM;
}

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct handle *h = NULL;
	int r = 0;

	if (ino == CTL_DIR || ino == CTL_CORE) {
		h = calloc(1, sizeof(*h));
		if (h)
			h->ctl = ino;
		r = h ? 0 : -ENOMEM;
	} else {
		pthread_mutex_lock(&c->m.lock);
		r = open_dir(c, ino, fuse_req_ctx(req)->pid, &h);
		fi->cache_readdir = !r && h->g->view && ino != FUSE_ROOT_ID;
		fi->keep_cache = fi->cache_readdir;
		pthread_mutex_unlock(&c->m.lock);
	}
	fi->fh = (uintptr_t)h;
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_open(req, fi);
}

/* Offsets: 1 behind ".", 2 behind "..", else 2 + the node's place in the order of the directory. */
static off_t off_of(const struct gen *g, const struct node *n)
{
	return 2 + (g->view ? n->ino : ((struct front *)n->front)->seq);
}

static struct node *seek(struct handle *h, off_t off)
{
	struct node *n = h->n->child;

	if (h->pos_off == off && h->pos && h->changes == h->g->changes)
		return h->pos->next;
	while (n && off_of(h->g, n) <= off)
		n = n->next;
	return n;
}

static size_t add_entry(fuse_req_t req, struct handle *h, struct node *n, char *buf, size_t size,
			bool plus)
{
	struct crfs *c = crfs_of(req);
	struct fuse_entry_param e;
	struct stat st;
	size_t need;

	if (!plus) {
		st.st_ino = node_ino(h->g, n);
		st.st_mode = n->kind == NODE_DIR ? S_IFDIR : S_IFREG;
		return fuse_add_direntry(req, buf, size, n->name, &st, off_of(h->g, n));
	}
	need = fuse_add_direntry_plus(req, NULL, 0, n->name, NULL, 0);
	if (need > size)
		return need;
	if (node_entry(c, h->g, n, &e) < 0)
		return size + 1;
	return fuse_add_direntry_plus(req, buf, size, n->name, &e, off_of(h->g, n));
}

static size_t add_dots(fuse_req_t req, struct handle *h, off_t off, char *buf, size_t size,
		       bool plus)
{
	const struct node *up = h->n->parent ? h->n->parent : h->n;
	struct fuse_entry_param e = { .ino = 0 };
	size_t used = 0;

	for (; off < 2; off++) {
		e.attr.st_ino = node_ino(h->g, off ? up : h->n);
		e.attr.st_mode = S_IFDIR;
		if (plus)
			used += fuse_add_direntry_plus(req, buf + used, size - used,
						       off ? ".." : ".", &e, off + 1);
		else
			used += fuse_add_direntry(req, buf + used, size - used, off ? ".." : ".",
						  &e.attr, off + 1);
	}
	return used;
}

static size_t list(fuse_req_t req, struct handle *h, off_t off, char *buf, size_t size, bool plus)
{
	size_t used = add_dots(req, h, off, buf, size, plus), need;
	struct node *n;

	for (n = seek(h, off < 2 ? 2 : off); n; n = n->next) {
		need = add_entry(req, h, n, buf + used, size - used, plus);
		if (need > size - used)
			break;
		used += need;
		h->pos = n;
		h->pos_off = off_of(h->g, n);
	}
	h->changes = h->g->changes;
	return used;
}

static void read_dir(fuse_req_t req, size_t size, off_t off, struct fuse_file_info *fi, bool plus)
{
	struct crfs *c = crfs_of(req);
	struct handle *h = handle_of(fi);
	char *buf = io_buffer(c);
	size_t used = 0;
	int r = 0;

	if (h->ctl == CTL_CORE) {
		core_readdir(req, size, off, plus);
		return;
	}
	if (h->ctl) {
		ctl_readdir(req, size, off, plus);
		return;
	}
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	pthread_mutex_lock(&c->m.lock);
	if (h->g->over)
		r = -ESTALE;
	else
		used = list(req, h, off, buf, size < IO_MAX ? size : IO_MAX, plus);
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_buf(req, buf, used);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	read_dir(req, size, off, fi, false);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	(void)ino;
	read_dir(req, size, off, fi, true);
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);

	(void)ino;
	handle_free(c, handle_of(fi));
	fuse_reply_err(req, 0);
}

/* Tools ask before they copy: there is as much room as there is memory. */
void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };
	struct sysinfo si;

	(void)ino;
	if (!sysinfo(&si)) {
		st.f_blocks = (uint64_t)si.totalram * si.mem_unit / 4096;
		st.f_bfree = ((uint64_t)si.freeram + si.bufferram) * si.mem_unit / 4096;
		st.f_bavail = st.f_bfree;
	}
	st.f_files = st.f_blocks;
	st.f_ffree = st.f_bfree;
	fuse_reply_statfs(req, &st);
}
