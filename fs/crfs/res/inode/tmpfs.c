// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in a tmpfs or ramfs that the container has mounted for itself, as fuse-proto/res/inode/tmpfs.c
 * has it: a walk, names in order; contents behind each other in pages/, each on pages of its own.
 *
 * A directory is read through a description of the reader's, so that its names are those that getdents(2)
 * tells, and each name is looked up below its mount: what is mounted over it shows.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/xattr.h>

#include <crfs/extent.h>
#include <crfs/res/inode/tmpfs.h>

#include "internal.h"

#define ENTRIES_MAX 100000	/* and so deep that paths fit */

/** struct names - of a directory, in the pool */
struct names {
	struct dir_context ctx;
	struct snap *s;
	char **v;
	size_t nr, cap;
	bool failed;
};

/** struct content - of a regular file; @at: where in pages it begins */
struct content {
	const struct cinode *n;
	const char *path;
	u64 at;
};

/** struct seen - a file with several names, and its first */
struct seen {
	const struct inode *inode;
	struct crfs_str path;
	struct seen *next;
};

/** struct tmpfs - of an inode, and while it is walked; @at: the end of the contents so far */
struct tmpfs {
	struct crfs_inode_tmpfs rec;
	struct snap *s;
	struct cinode *n;
	struct text *out, xattrs;
	struct seen *seen;
	size_t nr;
	u64 at;
};

static bool add_name(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct names *n = container_of(ctx, struct names, ctx);
	char **more, *copy;

	if ((len == 1 && *name == '.') || (len == 2 && !memcmp(name, "..", 2)))
		return true;
	more = snap_grow(n->s, n->v, n->nr, &n->cap, sizeof(*more));
	copy = more ? snap_printf(n->s, "%.*s", len, name) : NULL;
	n->failed = !copy;
	if (copy) {
		n->v = more;
		n->v[n->nr++] = copy;
	}
	return copy;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const struct path *dir, struct names *n)
{
	struct file *f = dentry_open(dir, O_RDONLY | O_DIRECTORY | O_NOATIME, current_cred());
	int rc = PTR_ERR_OR_ZERO(f);

	if (rc)
		return rc;
	if (!IS_DEADDIR(file_inode(f)))
		rc = iterate_dir(f, &n->ctx);
	fput(f);
	sort(n->v, n->nr, sizeof(*n->v), by_bytes, NULL);
	return n->failed ? -ENOMEM : rc;
}

static bool none(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	if ((len == 1 && *name == '.') || (len == 2 && !memcmp(name, "..", 2)))
		return true;
	container_of(ctx, struct names, ctx)->nr++;
	return false;
}

bool tmpfs_empty(struct snap *s, const struct path *root)
{
	struct names n = { .ctx.actor = none };
	struct file *f = dentry_open(root, O_RDONLY | O_DIRECTORY | O_NOATIME, current_cred());

	if (snap_tried(s, PTR_ERR_OR_ZERO(f)))
		return false;
	snap_tried(s, iterate_dir(f, &n.ctx));
	fput(f);
	return !n.nr;
}

/* What was deleted, and a mount shows (ns/mnt), may be no directory, and is not opened for this. */
int tmpfs_inode(struct snap *s, const struct path *root, u32 mnt_ns, const struct crfs_str *mountpoint)
{
	const int how = d_is_dir(root->dentry) ? O_RDONLY | O_DIRECTORY | O_NOATIME : O_PATH;
	struct file *f = dentry_open(root, how, current_cred());
	struct tmpfs *t = IS_ERR(f) ? NULL : snap_alloc(s, sizeof(*t));
	struct cinode *n;

	if (!t) {
		if (!IS_ERR(f))
			fput(f);
		return IS_ERR(f) ? PTR_ERR(f) : -ENOMEM;
	}
	n = snap_inode(s, &res_inode_tmpfs, d_inode(root->dentry), f);
	if (!n)
		return -ENOMEM;
	if (!n->priv) {
		t->rec = (struct crfs_inode_tmpfs){ .mnt_ns = mnt_ns, .mountpoint = *mountpoint };
		n->priv = t;
	}
	return 0;
}

bool tmpfs_carried(const struct snap *s, const struct super_block *sb)
{
	size_t i;

	/* They are met with the namespaces, before any other inode. */
	for (i = 0; i < s->nr_inodes && s->inodes[i]->room == &res_inode_tmpfs; i++)
		if (file_inode(s->inodes[i]->file)->i_sb == sb)
			return true;
	return false;
}

/* ---- contents ---- */

static int find(const struct content *c, struct path *at)
{
	const struct path *root = &c->n->file->f_path;

	if (strcmp(c->path, "."))
		return vfs_path_lookup(root->dentry, root->mnt, c->path, 0, at);
	*at = *root;
	path_get(at);
	return 0;
}

static ssize_t content_read(struct cnode *node, struct iov_iter *to, loff_t pos, struct digesting *d)
{
	const struct content *c = node->priv;
	size_t size = min_t(size_t, iov_iter_count(to), node->size - pos), done = 0;
	loff_t at = node->arg - c->at + pos;
	struct iov_iter part;
	struct path path;
	struct file *f;
	ssize_t got = find(c, &path);

	if (got)
		return got;
	f = dentry_open(&path, O_RDONLY | O_LARGEFILE | O_NOATIME, node->gen->mi->cred);
	path_put(&path);
	if (IS_ERR(f))
		return PTR_ERR(f);
	while (done < size) {
		part = *to;
		iov_iter_truncate(&part, size - done);
		got = vfs_iter_read(f, &part, &at, 0);
		if (got <= 0)
			break;
		iov_iter_advance(to, got);
		done += got;
	}
	fput(f);
	if (got < 0)
		return done ? done : got;
	/* The last page of the file may lie half behind its end. */
	return iov_iter_zero(size - done, to) == size - done ? size : -EFAULT;
}

static const struct payload_ops content_ops = { .read = content_read };

static int extent(struct tmpfs *w, struct content *c, u64 from, u64 to)
{
	struct cnode *dir = tree_dir(w->s->tree, w->n->dir, "pages");
	char name[24];

	snprintf(name, sizeof(name), "%llx", from);
	return dir && tree_payload(w->s->tree, dir, name, to - from, &content_ops, c, from) ? 0 : -ENOMEM;
}

/* An extent is of one file. */
static int extents(struct tmpfs *w, struct content *c, u64 size, struct file *f)
{
	loff_t data, hole = 0;
	struct crfs_extents x;
	__u64 from, to;
	int rc = 0;

	crfs_extents_init(&x, PAGE_SIZE, true);
	while (!rc && hole < size) {
		data = vfs_llseek(f, hole, SEEK_DATA);
		if (data < 0)
			break;
		hole = vfs_llseek(f, data, SEEK_HOLE);
		if (hole < 0)
			return hole;
		rc = crfs_extents_feed(&x, c->at + (data & PAGE_MASK), c->at + PAGE_ALIGN(hole));
		while (!rc && crfs_extents_next(&x, &from, &to))
			rc = extent(w, c, from, to);
	}
	if (!rc && crfs_extents_last(&x, &from, &to))
		rc = extent(w, c, from, to);
	return rc;
}

static int content(struct tmpfs *w, const struct path *at, struct crfs_tmpfs_entry *e)
{
	struct content *c = snap_alloc(w->s, sizeof(*c));
	struct file *f = c ? dentry_open(at, O_RDONLY | O_LARGEFILE | O_NOATIME, current_cred()) :
			     ERR_PTR(-ENOMEM);
	int rc;

	if (IS_ERR(f))
		return PTR_ERR(f);
	*c = (struct content){ .n = w->n, .path = e->path.p, .at = w->at };
	e->at = w->at;
	rc = extents(w, c, e->size, f);
	fput(f);
	w->at += PAGE_ALIGN(e->size);
	return rc;
}

/* ---- entries ---- */

static bool linked_before(struct tmpfs *w, const struct inode *inode, struct crfs_tmpfs_entry *e)
{
	struct seen *x;

	if (inode->i_nlink < 2 || S_ISDIR(inode->i_mode))
		return false;
	for (x = w->seen; x && x->inode != inode; x = x->next)
		;
	if (x) {
		e->target = x->path;
		return true;
	}
	x = snap_alloc(w->s, sizeof(*x));
	if (x) {
		*x = (struct seen){ inode, e->path, w->seen };
		w->seen = x;
	}
	return false;
}

/* Not the labels of security modules, which are the machine's; file capabilities are. */
static bool fits(const char *name)
{
	return strncmp(name, "security.", 9) || !strcmp(name, "security.capability");
}

/* The name that comes after @last, NULL: none. They are told in the order in which they were set. */
static const char *next_xattr(const char *names, ssize_t len, const char *last)
{
	const char *best = NULL, *p;

	for (p = names; p < names + len; p += strlen(p) + 1)
		if (fits(p) && strcmp(p, last) > 0 && (!best || strcmp(p, best) < 0))
			best = p;
	return best;
}

static int xattr(struct tmpfs *w, struct dentry *d, const struct crfs_str *path, const char *name)
{
	struct crfs_tmpfs_xattr x = { .path = *path, .name = str_of(name) };
	char *value = NULL;
	ssize_t len = crfs_getxattr(d, name, NULL, 0);

	if (len > 0) {
		value = kvmalloc(len, GFP_KERNEL);
		len = value ? crfs_getxattr(d, name, value, len) : -ENOMEM;
	}
	if (len >= 0) {
		x.value = (struct crfs_str){ .p = value, .len = len };
		text_rec(&w->xattrs, &crfs_tmpfs_xattr_shape, &x);
	}
	kvfree(value);
	return len < 0 ? len : 0;
}

static int xattrs(struct tmpfs *w, struct dentry *d, const struct crfs_str *path)
{
	char *names = kmalloc(4096, GFP_KERNEL);
	ssize_t len = names ? vfs_listxattr(d, names, 4096) : -ENOMEM;
	const char *name = "";
	int rc = len < 0 ? len : 0;

	if (len == -ERANGE)
		snap_lost(w->s, snap_obj(w->s, "inodes", w->n->id), "extended attributes of %.*s in a tmpfs",
			  path->len, path->p);
	if (len == -ERANGE || len == -EOPNOTSUPP)
		rc = 0;
	while (!rc && (name = next_xattr(names, len, name)))
		rc = xattr(w, d, path, name);
	kfree(names);
	return rc;
}

static int read_link(struct tmpfs *w, struct dentry *d, struct crfs_str *target)
{
	DEFINE_DELAYED_CALL(done);
	const char *p = vfs_get_link(d, &done);
	char *copy = IS_ERR(p) ? NULL : snap_printf(w->s, "%s", p);

	do_delayed_call(&done);
	*target = str_of(copy);
	return IS_ERR(p) ? PTR_ERR(p) : copy ? 0 : -ENOMEM;
}

/* What is mounted there hides the place. */
static void covered(const struct kstat *st, struct crfs_tmpfs_entry *e)
{
	e->mode = S_ISDIR(st->mode) ? S_IFDIR | 0755 : S_IFREG | 0644;
}

static int name_flags(struct tmpfs *w, const struct inode *inode, const char *path)
{
	const char *what;

	if (!IS_IMMUTABLE(inode) && !IS_APPEND(inode))
		return 0;
	what = snap_printf(w->s, "%s in a tmpfs", path);
	if (!what)
		return -ENOMEM;
	lost_flags(w->s, w->n, inode, what);
	return 0;
}

static int entry(struct tmpfs *w, const struct path *at, const char *path, bool *dir)
{
	struct crfs_tmpfs_entry e = { .path = str_of(path) };
	struct user_namespace *user = w->s->mi->cred->user_ns;
	struct kstat st;
	int rc = vfs_getattr(at, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	*dir = false;
	if (rc)
		return rc;
	if (at->dentry->d_sb != w->n->file->f_path.dentry->d_sb) {
		covered(&st, &e);
		text_rec(w->out, &crfs_tmpfs_entry_shape, &e);
		return 0;
	}
	e.mode = st.mode;
	e.uid = from_kuid_munged(user, st.uid);
	e.gid = from_kgid_munged(user, st.gid);
	e.mtime_ns = timespec64_to_ns(&st.mtime);
	if (S_ISLNK(st.mode)) {
		rc = read_link(w, at->dentry, &e.target);
	} else if (S_ISCHR(st.mode) || S_ISBLK(st.mode)) {
		e.major = MAJOR(st.rdev);
		e.minor = MINOR(st.rdev);
	}
	if (!rc && !S_ISLNK(st.mode) && !linked_before(w, d_inode(at->dentry), &e) && S_ISREG(st.mode)) {
		e.size = st.size;
		rc = content(w, at, &e);
	}
	if (!rc && (S_ISLNK(st.mode) || !e.target.len))
		rc = xattrs(w, at->dentry, &e.path);
	if (!rc && !S_ISLNK(st.mode) && !e.target.len)
		rc = name_flags(w, d_inode(at->dentry), path);
	text_rec(w->out, &crfs_tmpfs_entry_shape, &e);
	*dir = S_ISDIR(st.mode);
	return rc;
}

/** struct level - a directory whose names are being gone through */
struct level {
	struct path dir;
	const char *path;
	struct names names;
	size_t next;
	struct level *up;
};

static int enter(struct tmpfs *w, const struct path *at, const char *path, struct level **top)
{
	struct level *l = kzalloc(sizeof(*l), GFP_KERNEL);
	int rc;

	if (!l)
		return -ENOMEM;
	*l = (struct level){ .dir = *at, .path = path, .up = *top, .names.s = w->s,
			     .names.ctx.actor = add_name };
	path_get(&l->dir);
	*top = l;
	rc = list(&l->dir, &l->names);
	return rc;
}

static void leave(struct level **top)
{
	struct level *l = *top;

	*top = l->up;
	path_put(&l->dir);
	kfree(l);
}

/* Depth first: each directory stands before what is in it. */
static int walk(struct tmpfs *w)
{
	struct level *top = NULL;
	struct path at;
	const char *path;
	bool dir;
	int rc = entry(w, &w->n->file->f_path, ".", &dir);

	if (!rc && dir)
		rc = enter(w, &w->n->file->f_path, "", &top);
	w->nr = 1;
	while (!rc && top) {
		if (top->next == top->names.nr) {
			leave(&top);
			continue;
		}
		path = snap_printf(w->s, "%s%s%s", top->path, *top->path ? "/" : "",
				   top->names.v[top->next]);
		rc = w->nr++ >= ENTRIES_MAX ? -E2BIG : !path ? -ENOMEM :
		     strlen(path) >= PATH_MAX ? -ENAMETOOLONG :
		     vfs_path_lookup(top->dir.dentry, top->dir.mnt, top->names.v[top->next++], 0, &at);
		if (rc)
			break;
		rc = entry(w, &at, path, &dir);
		if (!rc && dir)
			rc = enter(w, &at, path, &top);
		path_put(&at);
		cond_resched();
	}
	while (top)
		leave(&top);
	return rc;
}

static int tmpfs_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct tmpfs *w = n->priv;
	struct text rows = { .failed = false };
	int rc;

	w->s = s;
	w->n = n;
	w->out = &rows;
	rc = walk(w);
	if (rc == -E2BIG)
		snap_unsupported(s, rc, snap_obj(s, "inodes", n->id),
				 "more than %d files in the tmpfs %.*s: remove some", ENTRIES_MAX,
				 w->rec.mountpoint.len, w->rec.mountpoint.p);
	w->rec.size = w->at;
	text_section(out, &crfs_inode_tmpfs_shape);
	text_rec(out, &crfs_inode_tmpfs_shape, &w->rec);
	text_section(out, &crfs_tmpfs_entry_shape);
	text_bytes(out, rows.w.buf, rows.w.len);
	text_section(out, &crfs_tmpfs_xattr_shape);
	text_bytes(out, w->xattrs.w.buf, w->xattrs.w.len);
	out->failed |= rows.failed || w->xattrs.failed;
	text_free(&rows);
	text_free(&w->xattrs);
	return rc == -E2BIG ? 0 : rc;
}

const struct room res_inode_tmpfs = {
	.name = "tmpfs",
	.scope = PER_INODE,
	.read = tmpfs_read,
};
