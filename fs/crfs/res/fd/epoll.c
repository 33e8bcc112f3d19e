// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll(7): a row for each item, in the order of numbers; `file` is what is really watched.
 *
 * fdinfo tells number, events and data of every item, but not which description it watches:
 * that is in struct epitem, which is private to fs/eventpoll.c. The other way round it can be
 * seen: f_ep of a watched file lists its items, whose ->ep is the epoll's private_data. What
 * is read of an item around the list node is checked against what must stand there (the file,
 * the epoll), and the whole against fdinfo: a kernel with another layout is refused, and never
 * misread. Lost: an EPOLLONESHOT item that has fired, on what has nothing to say and no room that `fires`.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/eventpoll.h>
#include <linux/kernel.h>
#include <linux/poll.h>
#include <linux/sort.h>

#include <crfs/res/fd/epoll.h>

#include "internal.h"

/* EPIOCGPARAMS, 6.9 */
struct params {
	u32 usecs;
	u16 budget;
	u8 prefer, pad;
};
#define GET_PARAMS _IOR(0x8A, 0x02, struct params)

#define PRIVATE ((__force u32)(EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE))
#define BEFORE 8	/* words of an item before its list node that are searched for the file */
#define FROM_NODE 3	/* words from there to struct epoll_event: node, wakeup source */

static bool epoll_match(const struct cfile *f)
{
	return !strcmp(f->link, "anon_inode:[eventpoll]");
}

struct item {
	u32 tfd, events;
	u64 data;
	u32 file;
};

/* An item of @ep on @file, found by the node of file->f_ep. */
static bool parse_item(const struct hlist_node *node, const struct file *ep,
		       const struct file *file, struct item *it)
{
	const unsigned long *w = (const unsigned long *)node;
	struct epoll_event event;
	int i;

	if (w[-1] != (unsigned long)ep->private_data)
		return false;
	for (i = 2; i <= BEFORE; i++)
		if (w[-i] == (unsigned long)file)
			break;
	if (i > BEFORE)
		return false;
	memcpy(&event, w + FROM_NODE, sizeof(event));
	*it = (struct item){ .tfd = (u32)w[1 - i], .events = (__force u32)event.events,
			     .data = event.data };
	return true;
}

/* Up to @size items of @ep on @f. Return: how many there are */
static size_t items_on(const struct cfile *ep, struct cfile *f, struct item *v, size_t size)
{
	struct hlist_node *node;
	struct item it;
	size_t n = 0;

	spin_lock(&f->file->f_lock);
	if (f->file->f_ep)
		hlist_for_each(node, f->file->f_ep) {
			if (!parse_item(node, ep->file, f->file, &it))
				continue;
			it.file = f->id;
			if (n < size)
				v[n] = it;
			n++;
		}
	spin_unlock(&f->file->f_lock);
	return n;
}

/* Only something that is ready, or that a restore can make so, can be made to fire. */
static void name_idle(struct snap *s, const struct cfile *ep, const struct item *it)
{
	const struct cfile *f;

	if (!(it->events & (__force u32)EPOLLONESHOT) || it->events & ~PRIVATE || !it->file)
		return;
	f = s->files[it->file - 1];
	if (!file_room(s, f)->fires && !vfs_poll(f->file, NULL))
		snap_lost(s, file_obj(s, ep),
			  "item %u has fired (EPOLLONESHOT) and is idle: it may report an error or hang-up once more",
			  it->tfd);
}

/* "tfd:        5 events:       19 data: 1111111111111111  pos:0 ino:c sdev:e" */
static bool parse_line(const char *p, struct item *it)
{
	unsigned long long data;

	if (sscanf(p, "%u events: %x data: %llx", &it->tfd, &it->events, &data) != 3)
		return false;
	it->data = data;
	it->file = 0;
	return true;
}

static size_t count_lines(const struct text *info)
{
	size_t n = 0;
	const char *p;

	for (p = info_line(info, "tfd"); p; p = next_line(p, "tfd"))
		n++;
	return n;
}

static bool same(const struct item *a, const struct item *b)
{
	return a->tfd == b->tfd && a->events == b->events && a->data == b->data;
}

/* The found item that this line tells of; each is taken once. */
static void identify(struct item *it, struct item *found, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (found[i].file && same(it, &found[i])) {
			it->file = found[i].file;
			found[i].file = 0;
			return;
		}
}

static int by_number(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->tfd != y->tfd)
		return x->tfd < y->tfd ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* All items that known files have of @ep, in the pool. Return: how many, or -ENOMEM */
static long find_items(struct snap *s, const struct cfile *ep, struct item **v)
{
	size_t i, n = 0, got = 0;

	for (i = 0; i < s->nr_files; i++)
		n += items_on(ep, s->files[i], NULL, 0);
	*v = snap_alloc(s, (n + 1) * sizeof(**v));
	if (!*v)
		return -ENOMEM;
	for (i = 0; i < s->nr_files && got < n; i++)
		got += items_on(ep, s->files[i], *v + got, n - got);
	return min(got, n);
}

static int collect(struct snap *s, const struct cfile *ep, const struct text *info,
		   struct item *items, size_t nr)
{
	struct item *found;
	long n = find_items(s, ep, &found);
	const char *p;
	size_t i = 0;

	if (n < 0)
		return n;
	for (p = info_line(info, "tfd"); p && i < nr; p = next_line(p, "tfd"), i++) {
		if (!parse_line(p, &items[i]))
			return -EIO;
		identify(&items[i], found, n);
		if (!items[i].file)
			snap_unsupported(s, -EXDEV, file_obj(s, ep),
					 "epoll watches what was descriptor %u and is open only outside the container, or only mapped or in flight: let the program remove it",
					 items[i].tfd);
		name_idle(s, ep, &items[i]);
	}
	sort(items, nr, sizeof(*items), by_number, NULL);
	return 0;
}

static int read_params(struct snap *s, const struct cfile *f, struct crfs_fd_epoll *r)
{
	struct params par = { .usecs = 0 };
	int rc = ask_ioctl(f->file, GET_PARAMS, &par, sizeof(par));

	if (rc == -ENOTTY || rc == -EINVAL || rc == -ENOIOCTLCMD || rc == -EOPNOTSUPP)
		return 0;	/* a kernel that has none */
	r->busy_poll_usecs = par.usecs;
	r->busy_poll_budget = par.budget;
	r->prefer_busy_poll = par.prefer;
	return rc;
}

static int epoll_read(struct snap *s, void *obj, struct text *out)
{
	struct text info = { .failed = false };
	struct crfs_fd_epoll r = { .items = 0 };
	struct item *items = NULL;
	struct cfile *f = obj;
	size_t i;
	int rc = show_fdinfo(f->file, &info);

	if (!rc) {
		r.items = count_lines(&info);
		items = snap_alloc(s, (r.items + 1) * sizeof(*items));
		rc = items ? collect(s, f, &info, items, r.items) : -ENOMEM;
	}
	text_done(&info, out);
	if (!rc)
		rc = read_params(s, f, &r);
	if (rc)
		return rc;
	text_section(out, &crfs_fd_epoll_shape);
	text_rec(out, &crfs_fd_epoll_shape, &r);
	text_section(out, &crfs_epoll_item_shape);
	for (i = 0; i < r.items; i++)
		text_rec(out, &crfs_epoll_item_shape,
			 &(struct crfs_epoll_item){ items[i].tfd, items[i].file, items[i].events,
						    items[i].data });
	return 0;
}

const struct room res_fd_epoll = {
	.name = "epoll",
	.scope = PER_FILE,
	.fires = true,
	.match = epoll_match,
	.read = epoll_read,
};
