// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filling the staging: everything that changes names and attributes.
 *
 * Each of these may be the one that completes the tree, and then returns the restore's error. The
 * kernel takes an error for "nothing happened", so its names are invalidated after such a one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuse.h"

/**
 * struct change - a change of one directory
 * @g, @dir: of the staging that is shown now
 * @n: what has the name, NULL: nothing
 */
struct change {
	struct gen *g;
	struct node *dir;
	struct node *n;
};

/*
 * Finds the directory for a change, and who makes it is one of those who fill the staging.
 * @late: it may also come after the restore, in the tree that the tool still sees: a directory,
 * which no manifest names, so that a tool may make an empty one last
 */
static int begin_in(fuse_req_t req, fuse_ino_t parent, const char *name, struct change *ch, bool late)
{
	struct crfs *c = crfs_of(req);
	pid_t pid = fuse_req_ctx(req)->pid;
	int r;

	mount_idle(&c->m);
	if (parent == CTL_DIR)
		return -EPERM;
	if (parent == FUSE_ROOT_ID && !strcmp(name, ".crfs"))
		return -EPERM;
	r = node_resolve(c, parent, pid, false, &ch->g, &ch->dir);
	if (r < 0)
		return r;
	if (ch->g->view)
		return -EROFS;
	if (ch->g == c->m.grace && !late)
		return -EROFS;
	if (ch->g != c->m.grace && (ch->g->over || ch->g != c->m.cur))
		return -ESTALE;
	if (ch->dir->kind != NODE_DIR)
		return -ENOTDIR;
	if (ch->g != c->m.grace)
		mount_wrote(&c->m, pid);
	ch->n = tree_find(ch->g->tree, ch->dir, name);
	return 0;
}

static int begin(fuse_req_t req, fuse_ino_t parent, const char *name, struct change *ch)
{
	return begin_in(req, parent, name, ch, false);
}

static int add(fuse_req_t req, struct change *ch, const char *name, mode_t mode)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct crfs *c = crfs_of(req);
	struct front *f;
	struct node *n;

	if (ch->n)
		return -EEXIST;
	if (strlen(name) > 255)
		return -ENAMETOOLONG;
	n = S_ISDIR(mode) ? tree_dir(ch->g->tree, ch->dir, name) :
			    tree_text(ch->g->tree, ch->dir, name, NULL, 0);
	f = n ? front_of(n) : NULL;
	if (!f || gen_add(ch->g, n) < 0) {
		if (n)
			tree_remove(ch->g->tree, n);
		return -ENOMEM;
	}
	f->mode = mode & 01777;
	f->uid = ctx->uid;
	f->gid = ctx->gid;
	f->seq = ++ch->g->seq;
	clock_gettime(CLOCK_REALTIME, &n->mtime);
	stage_kind(&c->m.stage, n);
	ch->g->changes++;
	ch->n = n;
	return 0;
}

/* Replies with the node that was made; the generation was held while the lock was dropped. */
static void reply_node(fuse_req_t req, struct change *ch, int r)
{
	struct crfs *c = crfs_of(req);
	struct fuse_entry_param e;

	if (!r)
		r = node_entry(c, ch->g, ch->n, &e);
	gen_put(&c->m, ch->g, 1);
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_entry(req, &e);
}

static void reply_error(fuse_req_t req, int r)
{
	pthread_mutex_unlock(&crfs_of(req)->m.lock);
	reply_err(req, r);
}

static void make(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct crfs *c = crfs_of(req);
	struct change ch;
	int r;

	pthread_mutex_lock(&c->m.lock);
	r = begin_in(req, parent, name, &ch, S_ISDIR(mode));
	if (!r)
		r = add(req, &ch, name, mode);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	ch.g->refs++;
	if (S_ISREG(mode))
		r = stage_done(c, ch.g, ch.n);
	reply_node(req, &ch, r);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	make(req, parent, name, S_IFDIR | mode);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)rdev;
	if (!S_ISREG(mode)) {	/* a checkpoint holds directories and files only */
		fuse_reply_err(req, EPERM);
		return;
	}
	make(req, parent, name, mode);
}

void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
	(void)link;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	struct perthread *t = io_thread(c);
	struct fuse_entry_param e;
	struct change ch;
	int r, backing = 0;

	pthread_mutex_lock(&c->m.lock);
	r = begin(req, parent, name, &ch);
	if (!r && (!ch.n || fi->flags & O_EXCL))
		r = add(req, &ch, name, S_IFREG | mode);
	if (!r && ch.n->kind == NODE_DIR)
		r = -EISDIR;
	if (!r)
		r = stage_handle(c, ch.g, ch.n, fi, &backing);
	if (!r)
		r = node_entry(c, ch.g, ch.n, &e);
	pthread_mutex_unlock(&c->m.lock);
	if (t)
		t->backing = r ? 0 : backing;
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_create(req, &e, fi);
}

/* Out of the tree; it goes when the kernel forgets it. */
static void take_out(struct crfs *c, struct change *ch)
{
	struct front *f = ch->n->front;

	stage_undone(c, ch->n);
	tree_detach(ch->g->tree, ch->n);
	f->detached = true;
	ch->g->changes++;
	node_put(&c->m, ch->g, ch->n);
}

/* After an error of something that was done all the same. */
struct stale_name {
	fuse_ino_t parent;
	char name[256];
};

static void tell_name(void *a, void *b)
{
	struct stale_name *s = b;
	struct crfs *c = a;

	fuse_lowlevel_notify_inval_entry(c->se, s->parent, s->name, strlen(s->name));
	free(s);
}

static void stale_name(struct crfs *c, fuse_ino_t parent, const char *name)
{
	struct stale_name *s = malloc(sizeof(*s));

	if (!s)
		return;
	s->parent = parent;
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (!work_add(&c->m.notes, tell_name, c, s))
		free(s);
}

static void remove_node(fuse_req_t req, fuse_ino_t parent, const char *name, bool dir)
{
	struct crfs *c = crfs_of(req);
	struct change ch;
	int r;

	pthread_mutex_lock(&c->m.lock);
	r = begin(req, parent, name, &ch);
	if (!r && !ch.n)
		r = -ENOENT;
	if (!r && (ch.n->kind == NODE_DIR) != dir)
		r = dir ? -ENOTDIR : -EISDIR;
	if (!r && ch.n->child)
		r = -ENOTEMPTY;
	if (!r) {
		take_out(c, &ch);
		r = trigger_run(&c->m);
		if (r < 0)
			stale_name(c, parent, name);
	}
	pthread_mutex_unlock(&c->m.lock);
	reply_err(req, r);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_node(req, parent, name, false);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_node(req, parent, name, true);
}

/* The file has its new name: whatever its name means to the manifest begins now. */
static int moved(struct crfs *c, struct change *ch)
{
	struct front *f = ch->n->front;
	struct err e = { .code = 0 };

	stage_kind(&c->m.stage, ch->n);
	if (ch->n->kind == NODE_DIR)
		trigger_moved(&c->m, &e);
	else if (f->complete)
		trigger_done(&c->m, ch->n, &e);
	if (e.code) {
		errlist_clear(&c->m.why);
		errlist_take(&c->m.why, &e);
		c->m.failed = true;
		return e.code;
	}
	return trigger_run(&c->m);
}

static int check_move(const struct change *from, const struct change *to, unsigned int flags)
{
	const struct node *up;

	if (!from->n)
		return -ENOENT;
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (to->n && flags & RENAME_NOREPLACE)
		return -EEXIST;
	if (to->n && (to->n->kind == NODE_DIR) != (from->n->kind == NODE_DIR))
		return to->n->kind == NODE_DIR ? -EISDIR : -ENOTDIR;
	if (to->n && to->n->child)
		return -ENOTEMPTY;
	for (up = to->dir; up; up = up->parent)
		if (up == from->n)
			return -EINVAL;
	return 0;
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned int flags)
{
	struct crfs *c = crfs_of(req);
	struct change from, to;
	bool complete;
	int r;

	pthread_mutex_lock(&c->m.lock);
	r = begin(req, parent, name, &from);
	if (!r)
		r = begin(req, newparent, newname, &to);
	if (!r)
		r = check_move(&from, &to, flags);
	if (!r && from.n != to.n) {
		if (to.n)
			take_out(c, &to);
		complete = ((struct front *)from.n->front)->complete;
		trigger_undone(&c->m, from.n);
		((struct front *)from.n->front)->complete = complete;
		r = tree_move(from.g->tree, from.n, to.dir, newname);
		if (from.dir != to.dir)
			((struct front *)from.n->front)->seq = ++from.g->seq;
		from.g->changes++;
		if (!r)
			r = moved(c, &from);
		if (r < 0) {
			stale_name(c, parent, name);
			stale_name(c, newparent, newname);
		}
	}
	pthread_mutex_unlock(&c->m.lock);
	reply_err(req, r);
}

/* A second name is a second file with the same bytes: what tools want of it is link and unlink. */
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct crfs *c = crfs_of(req);
	struct node *n = NULL;
	struct change ch;
	struct front *f;
	struct gen *g;
	int r;

	pthread_mutex_lock(&c->m.lock);
	r = begin(req, newparent, newname, &ch);
	if (!r)
		r = node_resolve(c, ino, 0, false, &g, &n);
	if (!r && (g != ch.g || n->kind == NODE_DIR))
		r = -EPERM;
	f = r ? NULL : n->front;
	if (!r)
		r = add(req, &ch, newname, S_IFREG | f->mode);
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	ch.g->refs++;
	r = stage_link(n, ch.n);
	stage_kind(&c->m.stage, ch.n);
	if (!r && f->complete)
		r = stage_done(c, ch.g, ch.n);
	if (r == -EEXIST && !f->entry)	/* the name it was made under is one too many, so far */
		r = 0;
	reply_node(req, &ch, r);
}

static struct timespec time_of(int set, int now, struct timespec given)
{
	struct timespec t = given;

	if (set & now)
		clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

static void set_mtime(struct node *n, struct timespec t)
{
	struct timespec both[2] = { { .tv_nsec = UTIME_OMIT }, t };
	struct front *f = n->front;

	n->mtime = t;
	if (f->bytes && f->bytes->own)
		futimens(f->bytes->fd, both);
}

static int set_size(struct crfs *c, struct gen *g, struct node *n, off_t size, bool open)
{
	struct front *f = n->front;
	int r;

	if (n->kind == NODE_DIR)
		return -EISDIR;
	if (g->over)
		return -ESTALE;
	stage_sync(n);
	if (size == n->size && f->complete)
		return 0;
	stage_undone(c, n);
	f->changed = true;
	r = stage_resize(&c->m.stage, n, size);
	if (!r && !open && !f->writers)
		r = stage_done(c, g, n);
	return r;
}

static int set_attr(struct crfs *c, struct gen *g, struct node *n, struct stat *a, int set,
		    bool open)
{
	struct front *f = front_of(n);
	int r = 0;

	if (!f)
		return -ENOMEM;
	if (set & FUSE_SET_ATTR_SIZE)
		r = set_size(c, g, n, a->st_size, open);
	if (set & FUSE_SET_ATTR_MODE)
		f->mode = a->st_mode & 01777;	/* nothing here is run: nobody's ids to keep */
	if (set & FUSE_SET_ATTR_UID)
		f->uid = a->st_uid;
	if (set & FUSE_SET_ATTR_GID)
		f->gid = a->st_gid;
	if (set & FUSE_SET_ATTR_MTIME)
		set_mtime(n, time_of(set, FUSE_SET_ATTR_MTIME_NOW, a->st_mtim));
	return r;
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int set,
		struct fuse_file_info *fi)
{
	struct crfs *c = crfs_of(req);
	double timeout;
	struct stat st;
	struct gen *g;
	struct node *n;
	int r;

	if (ino != FUSE_ROOT_ID && ino < CTL_END) {	/* ">" truncates ctl first */
		ctl_attr(c, ino, &st);
		fuse_reply_attr(req, &st, 0);
		return;
	}
	pthread_mutex_lock(&c->m.lock);
	mount_idle(&c->m);
	r = node_resolve(c, ino, fuse_req_ctx(req)->pid, false, &g, &n);
	/* the root belongs to whoever mounted it; tools set its times when they are done */
	if (!r && g->view && ino != FUSE_ROOT_ID)
		r = -EROFS;
	if (r < 0) {
		reply_error(req, r);
		return;
	}
	g->refs++;
	if (!g->view)
		r = set_attr(c, g, n, attr, set, fi != NULL);
	if (!r && g == c->m.cur && set & FUSE_SET_ATTR_MTIME)
		r = trigger_finished(&c->m, n, fuse_req_ctx(req)->pid);
	node_attr(c, g, n, &st);
	timeout = attr_time(g, n);
	gen_put(&c->m, g, 1);
	pthread_mutex_unlock(&c->m.lock);
	if (r < 0)
		reply_err(req, r);
	else
		fuse_reply_attr(req, &st, timeout);
}
