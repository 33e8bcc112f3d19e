// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * epoll(7): which files are watched, by which number, for what.
 *
 * From fdinfo (tfd lines, Linux 3.8) and kcmp(2) KCMP_EPOLL_TFD (4.13), which tells the file behind
 * an item: its number may be closed by now, or be another file. An item is added again in a task
 * that has the epoll, with its file at the number. EPOLLONESHOT items that have fired are added
 * first, one by one, and made to fire: those on rooms that can have something to say for a moment
 * (`fires`) while their file is made, the others in the task. One whose file has nothing to say
 * then, so that it cannot, stays on watch for errors and hang-ups, which is a loss. Edge-triggered
 * items report once what is there. Busy polling parameters by EPIOCGPARAMS (6.9).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/fd/epoll.h>
#include <crfs/res/fd/fds.h>

#include "epoll.h"
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

/* Only something that is ready, or can be made so, can be made to fire. */
static void name_idle(struct snap *s, const struct file *ep, const struct item *it,
		      const struct file *f)
{
	struct pollfd p = { .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };
	const struct resource *room;
	struct file look = *f;

	if (!(it->events & EPOLLONESHOT) || it->events & ~PRIVATE)
		return;
	look.dup = p.fd = files_getfd(s, f->task, f->fd);
	if (p.fd < 0)
		return;
	file_sock(s, &look);
	room = file_room(s, &look);
	if (!(room && room->fires) && poll(&p, 1, 0) == 0)
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

static bool has_fired(const struct crfs_epoll_item *it)
{
	return (it->events & EPOLLONESHOT) && !(it->events & ~PRIVATE);
}

#define NESTS 5		/* so many can be in each other (EP_MAX_NESTS), if there is no circle */
#define LOOKS 100000	/* at items of inner ones: more paths than the kernel allows, anyway */

/* Is there a way of more than @left epolls from @o on, as in a circle? */
static bool nests(const struct image *im, const struct iobj *o, unsigned int left, unsigned int *looks)
{
	size_t n, i;
	const struct crfs_epoll_item *it = image_recs(o, &res_fd_epoll, 1, &n);
	const struct iobj *f;

	if (!left)
		return true;
	for (i = 0; i < n; i++) {
		f = image_obj(im, IOBJ_FILE, it[i].file);
		if (f && f->room == &res_fd_epoll && (++*looks > LOOKS || nests(im, f, left - 1, looks)))
			return true;
	}
	return false;
}

static void epoll_check_inner(struct image *im, struct iobj *o)
{
	unsigned int looks = 0;

	if (nests(im, o, NESTS, &looks))
		image_mismatch(im, -EINVAL, o->path, "it is in a circle of epolls that watch each other, or %u are in one another",
			       NESTS + 1);
}

static void epoll_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_epoll *r = image_rec(o, &res_fd_epoll, 0);
	size_t n, i;
	const struct crfs_epoll_item *it = image_recs(o, &res_fd_epoll, 1, &n);
	struct iobj *f;

	if (r && r->items != n)
		image_mismatch(im, -EINVAL, o->path, "items is %u, but there are %zu", r->items, n);
	for (i = 0; i < n; i++) {
		f = image_obj(im, IOBJ_FILE, it[i].file);
		if (!f)
			image_mismatch(im, -EINVAL, o->path, "item %u: files/%u is not there",
				       it[i].tfd, it[i].file);
		else if (has_fired(&it[i]))
			f->fired = true;
	}
	epoll_check_inner(im, o);
}

/* An inner one has something to say as long as it watches an eventfd that has. */
static int fire_outer(struct restore *rs, struct iobj *o)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = eventfd(1, EFD_CLOEXEC), rc;

	if (fd < 0 || epoll_ctl(o->fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		rc = fail_on(rs->err, -errno, o->path, "watching an eventfd");
	else
		rc = epoll_fire(rs, o, o->fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int epoll_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_epoll *r = image_rec(o, &res_fd_epoll, 0);
	struct params par = { .usecs = r->busy_poll_usecs, .budget = r->busy_poll_budget,
			      .prefer = r->prefer_busy_poll };
	int fd, rc;

	if (o->fd >= 0)		/* what it watches was made before */
		return 0;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
		return fail_on(rs->err, -errno, o->path, "epoll_create1");
	o->fd = fd;
	if ((par.usecs || par.budget || par.prefer) && ioctl(fd, SET_PARAMS, &par) < 0)
		return fail_on(rs->err, -errno, o->path, "EPIOCSPARAMS");
	rc = o->fired ? fire_outer(rs, o) : 0;
	return rc ? rc : file_made(rs, o, fd);
}

/* Add @it with the file @fd, and take the one event that comes of that. Return: 0 or a negative errno */
static int add_and_take(int epfd, const struct crfs_epoll_item *it, int fd)
{
	struct epoll_event ev = { .events = it->events | EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP,
				  .data.u64 = it->data };
	int flags = fd == (int)it->tfd ? -1 : fcntl(it->tfd, F_GETFD);
	int keep = flags < 0 ? -1 : fcntl(it->tfd, F_DUPFD_CLOEXEC, 0), rc = 0;

	if (fd != (int)it->tfd && ((flags >= 0 && keep < 0) || dup3(fd, it->tfd, O_CLOEXEC) < 0))
		return -errno;
	if (epfd == (int)it->tfd)
		epfd = keep;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, it->tfd, &ev) < 0)
		rc = -errno;
	else if (epoll_wait(epfd, &ev, 1, 0) != 1)
		rc = -EAGAIN;
	if (keep >= 0) {
		if (dup3(keep, it->tfd, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0 && !rc)
			rc = -errno;
		close(keep);
	} else if (fd != (int)it->tfd) {
		close(it->tfd);
	}
	return rc;
}

/* Nothing else is in the epoll yet: what it reports is the item. */
static int fire_in(struct restore *rs, struct iobj *ep, const struct iobj *o, int fd)
{
	const struct crfs_epoll_item *it;
	size_t n, i;
	int rc = 0;

	it = image_recs(ep, &res_fd_epoll, 1, &n);
	for (i = 0; i < n && !rc; i++) {
		if (it[i].file != o->id || !has_fired(&it[i]))
			continue;
		rc = epoll_make(rs, ep);
		if (!rc)
			rc = add_and_take(ep->fd, &it[i], fd);
		if (rc)
			fail_on(rs->err, rc, ep->path, "letting item %u fire", it[i].tfd);
	}
	return rc;
}

int epoll_fire(struct restore *rs, struct iobj *o, int fd)
{
	struct image *im = rs->im;
	size_t i;
	int rc = 0;

	for (i = 0; o->fired && i < im->nr[IOBJ_FILE] && !rc; i++)
		if (im->objs[IOBJ_FILE][i].room == &res_fd_epoll)
			rc = fire_in(rs, &im->objs[IOBJ_FILE][i], o, fd);
	return rc;
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
			if (f && f->room->fires && !pass)
				continue;	/* it has fired when that was made */
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
	.fires = true,
	.shapes = (const struct crfs_shape *const[]){&crfs_fd_epoll_shape, &crfs_epoll_item_shape,
						     NULL},
	.match = epoll_match,
	.read = epoll_read,
	.check = epoll_check,
	.make = epoll_make,
	.put = epoll_put,
};
