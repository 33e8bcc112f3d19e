// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * epoll(7): which files are watched, by which number, for what.
 *
 * From fdinfo (tfd lines, Linux 3.8) and kcmp(2) KCMP_EPOLL_TFD (4.13), which tells the file behind
 * an item: its number may be closed by now, or be another file. An item is added again in a task
 * that has the epoll, with its file at the number. EPOLLONESHOT items that have fired are added
 * first, one by one, and made to fire; one whose file has nothing to say then, so that it cannot,
 * stays on watch for errors and hang-ups, which is a loss. Edge-triggered items report once what
 * is there. Busy polling parameters by EPIOCGPARAMS (6.9).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/fd/epoll.h>
#include <crfs/res/fd/fds.h>

#include "fdroom.h"
#include "rooms.h"
#include "snap_files.h"

/* EPIOCSPARAMS and EPIOCGPARAMS, include/uapi/linux/eventpoll.h, newer than our libc */
struct params {
	uint32_t usecs;
	uint16_t budget;
	uint8_t prefer, pad;
};
#define SET_PARAMS _IOW(0x8A, 0x01, struct params)
#define GET_PARAMS _IOR(0x8A, 0x02, struct params)

#define PRIVATE (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

static bool epoll_match(const struct file *f)
{
	return !strcmp(f->link, "anon_inode:[eventpoll]");
}

struct item {
	unsigned int tfd, nth;
	uint32_t events;
	uint64_t data, ino;
};

static bool parse(const char *p, struct item *it)
{
	unsigned long long data, ino = 0;

	if (sscanf(p, "%u events: %x data: %llx pos:%*d ino:%llx", &it->tfd, &it->events, &data,
		   &ino) < 3)
		return false;
	it->data = data;
	it->ino = ino;
	return true;
}

static bool is_file(const struct file *ep, const struct item *it, const struct file *f)
{
	struct kcmp_epoll_slot slot = { .efd = ep->fd, .tfd = it->tfd, .toff = it->nth };

	return f->st.st_ino == it->ino &&
	       syscall(SYS_kcmp, f->task->tid, ep->task->tid, KCMP_EPOLL_TFD, f->fd, &slot) == 0;
}

/*
 * Mostly it is what stands at the number in the table of who was met with the epoll, and is alone
 * there; else it is the nth item of this number, and any file.
 */
static struct file *find(struct snap *s, const struct file *ep, struct item *it,
			 const struct crfs_epoll_item *before, size_t n)
{
	struct file *f = files_at(s, ep->task, it->tfd);
	size_t i;

	it->nth = 0;
	if (f && is_file(ep, it, f))
		return f;
	for (i = 0; i < n; i++)
		it->nth += before[i].tfd == it->tfd;
	if (f && is_file(ep, it, f))
		return f;
	for (i = 0; i < s->nr_files; i++)
		if (is_file(ep, it, s->files[i]))
			return s->files[i];
	return NULL;
}

/* Only something that is ready can be made to fire. */
static void name_idle(struct snap *s, const struct file *ep, const struct item *it,
		      const struct file *f)
{
	struct pollfd p = { .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

	if (!(it->events & EPOLLONESHOT) || it->events & ~PRIVATE)
		return;
	p.fd = files_getfd(s, f->task, f->fd);
	if (p.fd < 0)
		return;
	if (poll(&p, 1, 0) == 0)
		snap_lost(s, file_obj(s, ep),
			  "item %u has fired (EPOLLONESHOT) and is idle: it may "
			  "report an error or hang-up once more",
			  it->tfd);
	close(p.fd);
}

static int by_number(const void *a, const void *b)
{
	const struct crfs_epoll_item *x = a, *y = b;

	if (x->tfd != y->tfd)
		return x->tfd < y->tfd ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* Items stand in a tree sorted by address and number: those of one number follow in no order. */
static size_t collect(struct snap *s, const struct file *ep, struct crfs_epoll_item *out)
{
	struct item it = { .nth = 0 };
	const char *p;
	size_t n = 0;

	for (p = info_line(ep->info, "tfd"); p; p = info_line(strchr(p, '\n'), "tfd")) {
		struct file *f;

		if (!parse(p, &it))
			continue;
		f = find(s, ep, &it, out, n);
		if (f)
			name_idle(s, ep, &it, f);
		else if (!s->live)
			snap_unsupported(
				s, -EXDEV, file_obj(s, ep),
				"epoll watches what was descriptor "
				"%u and is open only outside the container, or only mapped or in "
				"flight: let the program remove it",
				it.tfd);
		out[n++] = (struct crfs_epoll_item){ .tfd = it.tfd, .file = f ? f->id : 0,
						     .events = it.events, .data = it.data };
	}
	return n;
}

static int epoll_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_epoll r = { .items = 0 };
	struct params par = { .usecs = 0 };
	struct crfs_epoll_item *items;
	struct file *f = obj;
	const char *p;
	size_t i;

	for (p = info_line(f->info, "tfd"); p; p = info_line(strchr(p, '\n'), "tfd"))
		r.items++;
	items = calloc(r.items + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	r.items = collect(s, f, items);
	qsort(items, r.items, sizeof(*items), by_number);
	if (ioctl(f->dup, GET_PARAMS, &par) == 0) {
		r.busy_poll_usecs = par.usecs;
		r.busy_poll_budget = par.budget;
		r.prefer_busy_poll = par.prefer;
	}
	text_section(out, &crfs_fd_epoll_shape);
	text_rec(out, &crfs_fd_epoll_shape, &r);
	text_section(out, &crfs_epoll_item_shape);
	for (i = 0; i < r.items; i++)
		text_rec(out, &crfs_epoll_item_shape, &items[i]);
	free(items);
	return 0;
}

static void epoll_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_epoll *r = image_rec(o, &res_fd_epoll, 0);
	size_t n, i;
	const struct crfs_epoll_item *it = image_recs(o, &res_fd_epoll, 1, &n);

	if (r && r->items != n)
		image_mismatch(im, -EINVAL, o->path, "items is %u, but there are %zu", r->items, n);
	for (i = 0; i < n; i++)
		if (!image_obj(im, IOBJ_FILE, it[i].file))
			image_mismatch(im, -EINVAL, o->path, "item %u: files/%u is not there",
				       it[i].tfd, it[i].file);
}

static int epoll_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_epoll *r = image_rec(o, &res_fd_epoll, 0);
	struct params par = { .usecs = r->busy_poll_usecs, .budget = r->busy_poll_budget,
			      .prefer = r->prefer_busy_poll };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return fail_on(rs->err, -errno, o->path, "epoll_create1");
	o->fd = fd;
	if ((par.usecs || par.budget || par.prefer) && ioctl(fd, SET_PARAMS, &par) < 0)
		return fail_on(rs->err, -errno, o->path, "EPIOCSPARAMS");
	return file_made(rs, o, fd);
}

/** struct table - descriptors of the task whose tape is made */
struct table {
	const struct crfs_fd *fds;
	size_t n;
	int ctl;
	struct tape *tape;
};

static const struct crfs_fd *at(const struct table *t, unsigned int fd)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (t->fds[mid].fd == fd)
			return &t->fds[mid];
		if (t->fds[mid].fd < fd)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The lowest number from @from on that is not in use. */
static unsigned int lowest(const struct table *t, unsigned int from)
{
	while (at(t, from))
		from++;
	return from;
}

static void exact(struct tape_op *op, unsigned int fd)
{
	op->want = WANT_EXACT;
	op->expect = fd;
}

/* Put the controller's @from at number @fd of the task for a while. */
static void lend(struct table *t, const struct crfs_fd *old, unsigned int fd, int from)
{
	unsigned int keep = lowest(t, 0), low = old ? lowest(t, keep + 1) : keep;

	if (old)
		exact(tape_call(t->tape, "F_DUPFD", SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0), keep);
	exact(tape_call(t->tape, "pidfd_getfd", SYS_pidfd_getfd, t->ctl, from, 0), low);
	if (low == fd)
		return;
	tape_call(t->tape, "dup3", SYS_dup3, low, fd, O_CLOEXEC);
	tape_call(t->tape, "close", SYS_close, low);
}

static void give_back(struct table *t, const struct crfs_fd *old, unsigned int fd)
{
	unsigned int keep = lowest(t, 0);

	if (!old) {
		tape_call(t->tape, "close", SYS_close, fd);
		return;
	}
	tape_call(t->tape, "dup3", SYS_dup3, keep, fd, old->cloexec ? O_CLOEXEC : 0);
	tape_call(t->tape, "close", SYS_close, keep);
}

static bool ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

static bool has_fired(const struct crfs_epoll_item *it)
{
	return (it->events & EPOLLONESHOT) && !(it->events & ~PRIVATE);
}

static void add(struct table *t, unsigned int epfd, const struct crfs_epoll_item *it, int from)
{
	const struct crfs_fd *old = at(t, it->tfd);
	struct epoll_event ev = { .events = it->events, .data.u64 = it->data };
	bool lent = !old || old->file != it->file, fire = has_fired(it) && ready(from);
	struct tape_op *op;

	if (fire)
		ev.events |= EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;
	if (lent)
		lend(t, old, it->tfd, from);
	tape_call(t->tape, "EPOLL_CTL_ADD", SYS_epoll_ctl, epfd, EPOLL_CTL_ADD, it->tfd,
		  tape_data(t->tape, &ev, sizeof(ev)));
	if (fire) {
		op = tape_call(t->tape, "epoll_wait", SYS_epoll_wait, epfd,
			       tape_data(t->tape, NULL, sizeof(ev)), 1, 0);
		exact(op, 1);
	}
	if (lent)
		give_back(t, old, it->tfd);
}

static int epoll_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	struct table t = { .ctl = rs->ctl_fd, .tape = tape };
	const struct crfs_epoll_item *it;
	const struct iobj *f;
	size_t n, i;
	int pass;

	if (o->priv)	/* another task, or descriptor, has done it */
		return 0;
	o->priv = o;
	t.fds = image_recs(rt->o, &res_fd_fds, 0, &t.n);
	it = image_recs(o, &res_fd_epoll, 1, &n);
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < n; i++) {
			if (has_fired(&it[i]) != !pass)
				continue;
			f = image_obj(rs->im, IOBJ_FILE, it[i].file);
			if (!f || f->fd < 0)
				return fail_on(rs->err, -EBADF, o->path, "files/%u was not made",
					       it[i].file);
			add(&t, rt->fd, &it[i], f->fd);
		}
	return 0;
}

const struct resource res_fd_epoll = {
	.name = "epoll",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){&crfs_fd_epoll_shape, &crfs_epoll_item_shape,
						     NULL},
	.match = epoll_match,
	.read = epoll_read,
	.check = epoll_check,
	.make = epoll_make,
	.put = epoll_put,
};
