// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pipe or FIFO: its size, and the bytes in it as payload data, buffer by buffer: how much more
 * fits depends on how full each is, and packets (O_DIRECT) end a read.
 *
 * The content is copied with tee(2), which takes nothing out, into a pipe of our own of the same
 * size, and back with splice(2), which moves whole buffers. What processes outside the container
 * have open is a leak (snap_leaks.c). Nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/res/fd/fifo.h>
#include <crfs/res/inode/pipe.h>

#include "pipe.h"
#include "proc.h"
#include "res/fd/epoll.h"
#include "rooms.h"

/** struct content - of a pipe: record, bytes and runs */
struct content {
	struct crfs_inode_pipe rec;
	char *data;
	size_t len, nr_runs;
	struct crfs_pipe_run *runs;
};

static void close2(const int fd[2])
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
}

/* A copy of what is in @src as a pipe of our own, to be consumed. */
static int copy(int src, const struct content *c, int own[2])
{
	ssize_t n;
	int rc = 0;

	if (pipe2(own, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (fcntl(own[1], F_SETPIPE_SZ, c->rec.size) < 0)
		rc = -errno;
	n = rc ? 0 : tee(src, own[1], INT_MAX, SPLICE_F_NONBLOCK);
	if (!rc && n != (ssize_t)c->len)
		rc = n < 0 ? -errno : -EIO;
	if (rc)
		close2(own);
	return rc;
}

static int add_run(struct snap *s, struct content *c, size_t len, bool packet)
{
	if (!(c->nr_runs & (c->nr_runs - 1))) {
		size_t cap = c->nr_runs ? 2 * c->nr_runs : 1;
		struct crfs_pipe_run *runs = pool_alloc(&s->pool, cap * sizeof(*runs));

		if (!runs)
			return -ENOMEM;
		if (c->nr_runs)
			memcpy(runs, c->runs, c->nr_runs * sizeof(*runs));
		c->runs = runs;
	}
	c->runs[c->nr_runs++] = (struct crfs_pipe_run){ .len = len, .packet = packet };
	return 0;
}

/* A read that is one byte short leaves that byte, unless it was a packet. Empties the pipe. */
static bool drop(int fd, size_t len, char *scratch)
{
	int left = 0;

	if (read(fd, scratch, len - 1) < 0 || ioctl(fd, FIONREAD, &left) < 0 || !left)
		return true;
	return read(fd, scratch, 1) < 0;
}

/* A pipe with one slot takes one buffer, and so tells where that ends. */
static int read_runs(struct snap *s, int own, const int one[2], bool packets, struct content *c)
{
	size_t n = 0;
	ssize_t len;
	int rc = 0;

	while (n < c->len && !rc) {
		len = tee(own, one[1], INT_MAX, SPLICE_F_NONBLOCK);
		if (len <= 0 || len > (ssize_t)(c->len - n))
			return len < 0 ? -errno : -EIO;
		if (len > 1)
			packets = drop(one[0], len, c->data + n);
		else if (read(one[0], c->data + n, 1) != 1)	/* then it is like the one before */
			return -EIO;
		if (read(own, c->data + n, len) != len)
			return -EIO;
		rc = add_run(s, c, len, packets);
		n += len;
	}
	return rc;
}

static int read_content(struct snap *s, struct file *f, struct content *c)
{
	bool ours = (f->flags & O_ACCMODE) != O_WRONLY;
	int src = ours ? f->dup : proc_open(s->proc, O_RDONLY | O_NONBLOCK, "self/fd/%d", f->dup);
	int own[2], one[2], rc;

	c->data = malloc(c->len);
	if (src < 0 || !c->data)
		return src < 0 ? src : -ENOMEM;
	rc = copy(src, c, own);
	if (!ours)
		close(src);
	if (rc)
		return rc;
	if (pipe2(one, O_CLOEXEC | O_NONBLOCK) < 0) {
		rc = -errno;
	} else {
		rc = fcntl(one[1], F_SETPIPE_SZ, 4096) < 0 ? -errno :
		     read_runs(s, own[0], one, f->flags & O_DIRECT, c);
		close2(one);
	}
	close2(own);
	return rc;
}

static int fill(struct snap *s, struct file *f, struct content *c)
{
	int size = fcntl(f->dup, F_GETPIPE_SZ), len = 0, rc = 0;

	if (size < 0 || ioctl(f->dup, FIONREAD, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "F_GETPIPE_SZ");
	c->rec.size = size;
	c->rec.mode = f->st.st_mode & 07777;
	c->rec.uid = f->st.st_uid;
	c->rec.gid = f->st.st_gid;
	c->len = len;
	if (len)
		rc = read_content(s, f, c);
	if (rc && !s->live)
		return fail_on(s->err, rc, file_obj(s, f), "copying the %d bytes in %s", len,
			       f->link);
	if (rc)
		c->len = c->nr_runs = 0;
	return 0;
}

static int place(struct snap *s, struct file *f, struct content *c)
{
	struct place p;
	int rc;

	if (*f->link != '/')
		return 0;
	rc = file_place(s, f, &p);
	if (rc < 0)
		return fail_on(s->err, rc, file_obj(s, f), "%s", f->link);
	c->rec.path = p.path;
	c->rec.mnt_ns = p.mnt_ns;
	c->rec.unlinked = p.gone;
	return 0;
}

struct inode *pipe_inode(struct snap *s, struct file *f)
{
	struct inode *n = snap_inode(s, &res_inode_pipe, f->st.st_dev, f->st.st_ino, -1);
	struct content *c;

	if (n && n->priv)
		return n;
	c = n ? pool_alloc(&s->pool, sizeof(*c)) : NULL;
	if (!c) {
		fail(s->err, -ENOMEM, "a pipe");
		return NULL;
	}
	n->priv = c;
	return fill(s, f, c) || place(s, f, c) ? NULL : n;
}

static int pipe_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct content *c = n->priv;
	size_t i;

	text_section(out, &crfs_inode_pipe_shape);
	text_rec(out, &crfs_inode_pipe_shape, &c->rec);
	text_section(out, &crfs_pipe_run_shape);
	for (i = 0; i < c->nr_runs; i++)
		text_rec(out, &crfs_pipe_run_shape, &c->runs[i]);
	return tree_text(s->tree, n->dir, "data", c->data, c->len) ? 0 : -ENOMEM;
}

/** struct ends - of a pipe made; @used[i]: end i has become the description of a file */
struct ends {
	int fd[2];
	bool used[2];
};

static struct node *data_of(const struct iobj *o)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (!strcmp(n->name, "data"))
			return n;
	return NULL;
}

static void pipe_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	const struct node *data = data_of(o);
	const struct crfs_pipe_run *runs;
	uint64_t sum = 0;
	size_t n, i;

	runs = image_recs(o, &res_inode_pipe, 1, &n);
	for (i = 0; i < n; i++)
		sum += runs[i].len;
	if (!data || (uint64_t)data->size != sum)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, the runs have %llu",
			       data ? (long long)data->size : 0, (unsigned long long)sum);
	if (p && sum > p->size)
		image_mismatch(im, -EINVAL, o->path, "%llu bytes do not fit in a pipe of %u",
			       (unsigned long long)sum, p->size);
}

/* By way of @tmp: what is spliced stays a buffer of its own, what is written joins the last. */
static int write_run(struct node *data, int fd, const int tmp[2], const struct crfs_pipe_run *r,
		     off_t off)
{
	char *buf = malloc(r->len ? r->len : 1);
	ssize_t n = buf ? node_pread(data, buf, r->len, off) : -ENOMEM;

	if (n >= 0 && fcntl(tmp[1], F_SETFL, O_NONBLOCK | (r->packet ? O_DIRECT : 0)) < 0)
		n = -errno;
	if (n >= 0 &&
	    (write(tmp[1], buf, r->len) != (ssize_t)r->len ||
	     splice(tmp[0], NULL, fd, NULL, r->len, SPLICE_F_NONBLOCK) != (ssize_t)r->len))
		n = errno ? -errno : -EIO;
	free(buf);
	return n < 0 ? n : 0;
}

static int write_runs(struct iobj *o, int fd)
{
	const struct crfs_pipe_run *runs;
	size_t n, i;
	off_t off = 0;
	int tmp[2], rc = 0;

	runs = image_recs(o, &res_inode_pipe, 1, &n);
	if (!n)
		return 0;
	if (pipe2(tmp, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	for (i = 0; i < n && !rc; off += runs[i].len, i++)
		rc = write_run(data_of(o), fd, tmp, &runs[i], off);
	close2(tmp);
	return rc;
}

/* Fill it through @fd, open for writing. */
static int fill_again(struct restore *rs, struct iobj *o, int fd)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	int rc, len;

	if (ioctl(fd, FIONREAD, &len) < 0 || len)
		return fail_on(rs->err, -EBUSY, o->path, "the FIFO is in use, %d bytes are in it",
			       len);
	if (fcntl(fd, F_GETPIPE_SZ) != (int)p->size && fcntl(fd, F_SETPIPE_SZ, p->size) < 0)
		return fail_on(rs->err, -errno, o->path, "a pipe of %u bytes: see "
			       "/proc/sys/fs/pipe-max-size", p->size);
	rc = write_runs(o, fd);
	return rc ? fail_on(rs->err, rc, o->path, "filling it") : 0;
}

static int put_attrs(struct restore *rs, struct iobj *o, int fd)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);

	if (fchown(fd, p->uid, p->gid) < 0 || fchmod(fd, p->mode) < 0)
		return fail_on(rs->err, -errno, o->path, "owner and mode");
	return 0;
}

static int pipe_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	struct ends *e = pool_alloc(&rs->im->pool, sizeof(*e));
	int rc;

	if (!e)
		return fail(rs->err, -ENOMEM, "a pipe");
	o->priv = e;
	e->fd[0] = e->fd[1] = -1;
	if (p->path.len)	/* a FIFO is opened by the first of its files */
		return 0;
	if (pipe2(e->fd, O_CLOEXEC) < 0)
		return fail_on(rs->err, -errno, o->path, "pipe2");
	o->fd = e->fd[0];
	rc = put_attrs(rs, o, e->fd[0]);
	return rc ? rc : fill_again(rs, o, e->fd[1]);
}

/** struct naming - FIFO @o of @rs is given its name for a moment */
struct naming {
	struct restore *rs;
	const struct iobj *o;
};

/* Descriptions with O_NOFOLLOW, while there is a name; it is held open for both ends. */
static int open_while_named(int dir, const char *name, const struct naming *n)
{
	const struct image *im = n->rs->im;
	const struct crfs_fd_fifo *r;
	struct iobj *f;

	for (f = im->objs[IOBJ_FILE]; f < im->objs[IOBJ_FILE] + im->nr[IOBJ_FILE]; f++) {
		r = f->room == &res_fd_fifo ? image_rec(f, &res_fd_fifo, 0) : NULL;
		if (!r || r->inode != n->o->id || !(file_common(f)->flags & O_NOFOLLOW))
			continue;
		f->fd = openat(dir, name, (file_common(f)->flags & ~FILE_MAKING) | O_CLOEXEC | O_NOCTTY);
		if (f->fd < 0)
			return -errno;
	}
	return 0;
}

/* A FIFO without a name: made again under its old one, and unlinked. */
static int make_fifo(int dir, const char *name, void *arg)
{
	int fd, rc;

	if (mkfifoat(dir, name, 0600) < 0)
		return -errno;
	fd = openat(dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 ? -errno : open_while_named(dir, name, arg);
	unlinkat(dir, name, 0);
	if (rc && fd >= 0)
		close(fd);
	return rc ? rc : fd;
}

/* Open for both, nobody waits for the other side. */
static int open_fifo(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	struct naming n = { rs, o };
	struct stat st;
	int fd = p->unlinked ? nameless_make(rs, p->mnt_ns, &p->path, true, make_fifo, &n) :
		 place_open(rs, p->mnt_ns, &p->path, O_RDWR | O_NONBLOCK);

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", p->path.len, p->path.p);
	o->fd = fd;
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return fail_on(rs->err, -EINVAL, o->path, "%.*s is no FIFO", p->path.len,
			       p->path.p);
	if (p->unlinked && put_attrs(rs, o, fd))
		return -EPERM;
	return fill_again(rs, o, fd);
}

/* With O_NOFOLLOW, which only an opening by name gives; the FIFO is held open for both ends already. */
static int open_by_name(struct restore *rs, struct iobj *o, struct iobj *n)
{
	const struct crfs_inode_pipe *p = image_rec(n, &res_inode_pipe, 0);
	int fd = place_open(rs, p->mnt_ns, &p->path, file_common(o)->flags);
	struct stat st, one;

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening %.*s", p->path.len, p->path.p);
	if (!fstat(fd, &st) && !fstat(n->fd, &one) && st.st_dev == one.st_dev && st.st_ino == one.st_ino)
		return fd;
	close(fd);
	return fail_on(rs->err, -ESTALE, o->path, "%.*s is another file now", p->path.len, p->path.p);
}

/*
 * The ends that pipe2(2) gives have no O_LARGEFILE, unlike any that is opened; so a file without
 * it becomes the end itself.
 */
int pipe_open(struct restore *rs, struct iobj *o, uint32_t id)
{
	struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);
	unsigned int flags = file_common(o)->flags;
	int w = (flags & O_ACCMODE) == O_WRONLY, rc;
	const struct crfs_inode_pipe *p = image_rec(n, &res_inode_pipe, 0);
	struct ends *e = n->priv;

	if (n->fd < 0) {
		rc = open_fifo(rs, n);
		if (rc)
			return rc;
	}
	if (o->fd >= 0)
		return o->fd;
	if (e->fd[w] >= 0 && !e->used[w] && !(flags & 0100000) && (flags & O_ACCMODE) != O_RDWR) {
		e->used[w] = true;
		return e->fd[w];
	}
	return flags & O_NOFOLLOW && p->path.len && !p->unlinked ? open_by_name(rs, o, n) :
	       file_reopen(rs, o, n->fd);
}

static bool ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) > 0;
}

/* With a byte that nobody has written; of a full pipe with room that it does not have. */
int pipe_fire(struct restore *rs, struct iobj *o, uint32_t id, int fd)
{
	struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);
	const struct crfs_inode_pipe *p = image_rec(n, &res_inode_pipe, 0);
	bool writes = (file_common(o)->flags & O_ACCMODE) == O_WRONLY;
	const struct ends *e = n->priv;
	char c = 0;
	int rc;

	if (ready(fd))
		return epoll_fire(rs, o, fd);
	if (writes ? fcntl(fd, F_SETPIPE_SZ, 2 * p->size) < 0 : write(e->fd[1], &c, 1) != 1)
		return fail_on(rs->err, -errno, o->path, "making the pipe ready");
	rc = epoll_fire(rs, o, fd);
	if ((writes ? fcntl(fd, F_SETPIPE_SZ, p->size) < 0 : read(e->fd[0], &c, 1) != 1) && !rc)
		rc = fail_on(rs->err, -errno, o->path, "leaving the pipe as it was");
	return rc;
}

const struct resource res_inode_pipe = {
	.name = "pipe",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_inode_pipe_shape, &crfs_pipe_run_shape,
						      NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = pipe_read,
	.check = pipe_check,
	.make = pipe_make,
};
