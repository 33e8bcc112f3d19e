// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The descriptor table: which number is which open file description, and close-on-exec.
 *
 * From /proc/<tid>/fd and fdinfo. Two descriptors are one description if kcmp(2) says so. POSIX
 * locks belong to the table, not to the description, and end when any descriptor of the file is
 * closed, so they stand here and are put back when no more is closed. Nothing is lost.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <crfs/res/fd/fds.h>

#include "fdroom.h"
#include "locks.h"
#include "proc.h"
#include "res/inode/pty.h"
#include "rooms.h"
#include "snap_files.h"

static int by_value(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The numbers in use, ascending; malloc'ed. */
static int list(struct snap *s, const struct task *t, int **fds, size_t *n)
{
	int dir = proc_open(s->proc, O_RDONLY | O_DIRECTORY, "%d/task/%d/fd", t->tgid, t->tid);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	struct dirent *e;
	size_t cap = 0;

	if (!d)
		return dir < 0 ? dir : -errno;
	while ((e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		if (*n == cap) {
			int *more = realloc(*fds, (cap = cap ? 2 * cap : 64) * sizeof(**fds));

			if (!more)
				break;
			*fds = more;
		}
		(*fds)[(*n)++] = atoi(e->d_name);
	}
	closedir(d);
	if (e)
		return -ENOMEM;
	if (*n)
		qsort(*fds, *n, sizeof(**fds), by_value);
	return 0;
}

static int read_one(struct snap *s, struct task *t, int fd, struct posix_lock **locks,
		    struct crfs_fd *rec)
{
	struct file *f;
	bool cloexec;
	int rc = snap_file(s, t, fd, &f);

	if (rc)
		return rc;
	locks_collect(s, f, fd, files_info(s, &cloexec), locks);
	*rec = (struct crfs_fd){ .fd = fd, .file = f->id, .cloexec = cloexec };
	return 0;
}

/* Only from Linux 6.9 on a thread can be asked (PIDFD_THREAD), when its leader has exited or has another table. */
static bool refuse_thread(struct snap *s, const struct task *t, int rc)
{
	if (rc != -EINVAL || t == t->leader || s->live)
		return false;
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid), "the first thread of its process has %s, and its "
			 "descriptors cannot be asked for before Linux 6.9: let that one live, or use a newer kernel",
			 t->leader->zombie ? "exited" : "other descriptors");
	return true;
}

static int fds_read(struct snap *s, void *obj, struct text *out)
{
	struct posix_lock *locks = NULL;
	struct crfs_fd rec;
	int *fds = NULL, rc;
	size_t n = 0, i;

	rc = list(s, obj, &fds, &n);
	if (rc && !s->live)
		rc = fail(s->err, rc, "listing the descriptors");
	text_section(out, &crfs_fd_shape);
	if (!rc)
		files_ahead(s, obj, fds, n);
	for (i = 0; i < n && (!rc || s->live); i++) {
		rc = read_one(s, obj, fds[i], &locks, &rec);
		if (refuse_thread(s, obj, rc)) {
			rc = 0;
			break;
		}
		if (!rc)
			text_rec(out, &crfs_fd_shape, &rec);
		else if (!s->live)	/* else it was closed meanwhile */
			fail(s->err, rc, "descriptor %d", fds[i]);
	}
	files_ahead_end(s);
	free(fds);
	locks_read_posix(locks, out);
	return s->live ? 0 : rc;
}

static void fds_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_fd *fds = image_recs(o, &res_fd_fds, 0, &n);

	for (i = 0; i < n; i++) {
		if (i && fds[i].fd <= fds[i - 1].fd)
			image_mismatch(im, -EINVAL, o->path, "fds: %u stands behind %u", fds[i].fd,
				       fds[i - 1].fd);
		if (fds[i].cloexec > 1)
			image_mismatch(im, -EINVAL, o->path, "fds: %u: cloexec is %u", fds[i].fd,
				       fds[i].cloexec);
		if (!image_obj(im, IOBJ_FILE, fds[i].file))
			image_mismatch(im, -EINVAL, o->path,
				       "fds: %u is files/%u, which is not there", fds[i].fd,
				       fds[i].file);
	}
}

/*
 * pidfd_getfd(2) gives the lowest free number, with close-on-exec. Going up, that is the wanted
 * one as long as there is no gap, and the first gap's from then on.
 */
static void put_one(struct restore *rs, const struct crfs_fd *fd, unsigned int *low, int from,
		    struct tape *tape)
{
	struct tape_op *op = tape_call(tape, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, from, 0);

	op->want = WANT_EXACT;
	op->expect = *low;
	if (fd->fd == *low) {
		if (!fd->cloexec)
			tape_call(tape, "F_SETFD", SYS_fcntl, fd->fd, F_SETFD, 0);
		++*low;
		return;
	}
	tape_call(tape, "dup3", SYS_dup3, *low, fd->fd, fd->cloexec ? O_CLOEXEC : 0);
	tape_call(tape, "close", SYS_close, *low);
}

/*
 * Whoever has set it: now it is the first task, and number, that has the file. Once is enough; the
 * controller's copy of the image is its own.
 */
static void put_async(struct iobj *f, int fd, struct tape *tape)
{
	struct crfs_file *c = f->common;

	if (!(c->flags & O_ASYNC))
		return;
	tape_call(tape, "F_SETFL", SYS_fcntl, fd, F_SETFL, c->flags);
	c->flags &= ~O_ASYNC;
}

/* Files that stand in no table: in flight, in messages of unix sockets. */
static bool *find_loose(const struct restore *rs)
{
	const struct image *im = rs->im;
	bool *held = pool_alloc(&rs->im->pool, im->nr[IOBJ_FILE] + 1);
	const struct crfs_fd *fds;
	size_t n, i, k;

	for (i = 0; held && i < im->nr[IOBJ_TASK]; i++) {
		fds = image_recs(&im->objs[IOBJ_TASK][i], &res_fd_fds, 0, &n);
		for (k = 0; k < n; k++) {
			const struct iobj *f = image_obj(im, IOBJ_FILE, fds[k].file);

			if (f)
				held[f - im->objs[IOBJ_FILE]] = true;
		}
	}
	return held;
}

/*
 * Whoever comes first does for them what is done in a task that has the file; at a number that is above all
 * others, and not @low, which they may use.
 */
static int put_loose(struct restore *rs, struct rtask *rt, unsigned int low, struct tape *tape)
{
	const bool *held;
	struct tape_op *op;
	size_t i;
	int rc = 0;

	if (rs->loose_put)
		return 0;
	rs->loose_put = true;
	held = find_loose(rs);
	rt->fd = rs->ctl_fd + 1;
	for (i = 0; held && i < rs->im->nr[IOBJ_FILE] && !rc; i++) {
		struct iobj *f = &rs->im->objs[IOBJ_FILE][i];

		if (held[i] || !f->room->put)
			continue;
		op = tape_call(tape, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, f->fd, 0);
		op->want = WANT_EXACT;
		op->expect = low;
		tape_call(tape, "dup3", SYS_dup3, low, rt->fd, O_CLOEXEC);
		tape_call(tape, "close", SYS_close, low);
		rc = f->room->put(rs, rt, f, tape);
		tape_call(tape, "close", SYS_close, rt->fd);
	}
	return held ? rc : -ENOMEM;
}

static int fds_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	size_t n, i;
	const struct crfs_fd *fds = image_recs(o, &res_fd_fds, 0, &n);
	unsigned int low = 0;
	int rc = 0;

	for (i = 0; i < n; i++) {
		struct iobj *f = image_obj(rs->im, IOBJ_FILE, fds[i].file);

		if (!f || f->fd < 0)
			return fail_on(rs->err, -EBADF, o->path, "fds: files/%u was not made",
				       fds[i].file);
		put_one(rs, &fds[i], &low, f->fd, tape);
	}
	for (i = 0; i < n && !rc; i++) {
		struct iobj *f = image_obj(rs->im, IOBJ_FILE, fds[i].file);

		rt->fd = fds[i].fd;
		if (f->room->put)
			rc = f->room->put(rs, rt, f, tape);
		put_async(f, fds[i].fd, tape);
	}
	if (!rc)
		rc = put_loose(rs, rt, low, tape);
	if (rc)
		return rc;
	pty_foreground(rs, rt, low, tape);
	locks_put_posix(o, &res_fd_fds, 1, tape);
	return 0;
}

const struct resource res_fd_fds = {
	.name = "fds",
	.scope = PER_FDTABLE,
	.shapes = (const struct crfs_shape *const[]){&crfs_fd_shape, &crfs_posix_lock_shape, NULL},
	.read = fds_read,
	.check = fds_check,
	.phase = PHASE_FDS,
	.put = fds_put,
};
