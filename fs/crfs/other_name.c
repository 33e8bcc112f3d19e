// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other names of a file: of one whose own is gone, and how many there are; as fuse-proto/fdname.c finds them, in the same
 * order.
 *
 * Mostly another one stands in the same directory; else it is looked for below that, then beside and above it, as
 * long as it is the same file system and not too much to read while the container stands still.
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define NEAR_MAX 100000		/* entries of its own directory that are looked at, for each file */
#define FAR_MAX 100000		/* of all others, for all files of a snapshot */
#define DEPTH_MAX 64

/** struct dir - one that is to be looked through; @depth: below the first */
struct dir {
	struct list_head list;
	unsigned int depth;
	char path[];
};

/** struct search - for @at, number @ino, in @mnt_ns; @done: the directory that was looked through; @left: entries */
struct search {
	struct snap *s;
	u32 mnt_ns;
	const struct path *at;
	u64 ino;
	struct inode *done;
	size_t left;
};

/** struct look - through directory @dir; @name: what has the number; @subs: directories in it go there, unless NULL */
struct look {
	struct dir_context ctx;
	struct search *q;
	const struct dir *dir;
	struct list_head *subs;
	char name[NAME_MAX + 1];
};

static struct dir *new_dir(struct search *q, const char *above, const char *name, int len, unsigned int depth)
{
	size_t n = strlen(above) + len + 2;
	struct dir *d = kmalloc(struct_size(d, path, n), GFP_KERNEL_ACCOUNT);

	if (!d) {
		snap_tried(q->s, -ENOMEM);
		return NULL;
	}
	d->depth = depth;
	if (len)
		snprintf(d->path, n, "%s/%.*s", above[1] ? above : "", len, name);
	else
		snprintf(d->path, n, "%s", above);
	return d;
}

static bool each(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct look *l = container_of(ctx, struct look, ctx);
	struct dir *sub;

	if (!l->q->left || len > NAME_MAX)
		return false;
	l->q->left--;
	if (ino == l->q->ino) {
		memcpy(l->name, name, len);
		l->name[len] = '\0';
		return false;
	}
	if (!l->subs || (type != DT_DIR && type != DT_UNKNOWN) || (len == 1 && *name == '.') ||
	    (len == 2 && !memcmp(name, "..", 2)))
		return true;
	sub = new_dir(l->q, l->dir->path, name, len, l->dir->depth + 1);
	if (sub)
		list_add_tail(&sub->list, l->subs);
	return sub;
}

static struct file *open_dir(const struct search *q, const char *path)
{
	const struct path *root = q->mnt_ns ? ns_root(q->s, q->mnt_ns) : NULL;
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	struct file *f;

	if (q->mnt_ns && !root)
		return NULL;
	f = root ? file_open_root(root, path, flags, 0) : filp_open(path, flags, 0);
	if (IS_ERR(f)) {
		snap_tried(q->s, PTR_ERR(f));
		return NULL;
	}
	if (file_inode(f)->i_sb == q->at->dentry->d_sb && file_inode(f) != q->done)
		return f;
	fput(f);
	return NULL;
}

/* The file itself in @dir, as a path in the pool; else directories are put into @subs. */
static char *look_in(struct search *q, const struct dir *dir, struct list_head *subs)
{
	struct look l = { .ctx.actor = each, .q = q, .dir = dir, .subs = subs };
	struct file *f = open_dir(q, dir->path);
	char *found;

	if (!f)
		return NULL;
	iterate_dir(f, &l.ctx);
	fput(f);
	if (!*l.name)
		return NULL;
	found = snap_printf(q->s, "%s/%s", dir->path[1] ? dir->path : "", l.name);
	return found && path_leads(q->s, q->mnt_ns, found, q->at, false) ? found : NULL;
}

/* In @path and below, a directory before those in it. */
static char *look_below(struct search *q, const char *path)
{
	struct dir *first = new_dir(q, path, "", 0, 0), *d;
	char *found = NULL;
	LIST_HEAD(todo);
	LIST_HEAD(subs);

	if (first)
		list_add(&first->list, &todo);
	while ((d = list_first_entry_or_null(&todo, struct dir, list))) {
		list_del(&d->list);
		if (!found && q->left) {
			q->left -= !!d->depth;
			found = look_in(q, d, d->depth < DEPTH_MAX ? &subs : NULL);
			list_splice_init(&subs, &todo);
		}
		kfree(d);
	}
	return found;
}

static struct inode *inode_at(struct search *q, const char *path)
{
	struct inode *inode = NULL;
	struct path at;

	if (place_lookup(q->s, q->mnt_ns, path, 0, &at))
		return NULL;
	if (at.dentry->d_sb == q->at->dentry->d_sb)
		inode = d_inode(at.dentry);	/* to be compared only */
	path_put(&at);
	return inode;
}

/* A hard link of the file, whose name @path is gone, in the pool; NULL: none that is found. */
char *path_other(struct snap *s, u32 mnt_ns, const char *path, const struct path *at, u64 ino)
{
	struct search near = { .s = s, .mnt_ns = mnt_ns, .at = at, .ino = ino, .left = NEAR_MAX };
	struct search far = { .s = s, .mnt_ns = mnt_ns, .at = at, .ino = ino, .left = FAR_MAX - s->looked };
	char *dir = path_dir(s, path), *found = NULL;
	struct dir *own = dir ? new_dir(&near, dir, "", 0, 0) : NULL;

	if (own)
		found = look_in(&near, own, NULL);
	kfree(own);
	while (own && dir && !found && far.left) {
		found = look_below(&far, dir);
		if (!dir[1])
			break;
		far.done = inode_at(&far, dir) ?: far.done;
		dir = path_dir(s, dir);
	}
	s->looked = FAR_MAX - far.left;
	return found;
}

/** struct count - @nr entries with number @ino; @left: that may be looked at */
struct count {
	struct dir_context ctx;
	u64 ino;
	size_t left;
	unsigned int nr;
};

static bool count(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino, unsigned int type)
{
	struct count *c = container_of(ctx, struct count, ctx);

	if (!c->left)
		return false;
	c->left--;
	c->nr += ino == c->ino;
	return true;
}

/* How many names of the file @at, number @ino, are in the directory that it is in at @p. */
unsigned int path_names(struct snap *s, const struct place *p, const struct path *at, u64 ino)
{
	struct search q = { .s = s, .mnt_ns = p->mnt_ns, .at = at };
	struct count c = { .ctx.actor = count, .ino = ino, .left = NEAR_MAX };
	char *path = snap_printf(s, "%.*s", (int)p->path.len, p->path.p);
	char *dir = path ? path_dir(s, path) : NULL;
	struct file *f = dir ? open_dir(&q, dir) : NULL;

	if (!f)
		return 0;
	iterate_dir(f, &c.ctx);
	fput(f);
	return c.nr;
}
