// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making unix sockets: single ones, pairs, connections.
 *
 * SO_PEERCRED of a pair is who made it; of the side that connected, who called listen(2), and of the side that
 * was accepted, who called connect(2). A connection is made through a listener of its own, so that
 * the accepted side has the right name whether or not anyone listens there now; an abstract name can be had
 * only once, so for that it is the real one, if there is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/fd/unix_listener.h>

#include "rooms.h"
#include "sock_net.h"
#include "unix_join.h"

/**
 * struct link - two sockets that are made together
 * @a: of a connection, the side that connects; NULL: it is gone
 * @b: of a connection, the side that was accepted; NULL: it is gone
 * @pair: by socketpair(2)
 * @listens: who listened; @makes: who connected, or made the pair
 */
struct link {
	struct rsock *a, *b;
	bool pair;
	struct maker listens, makes;
};

static struct maker maker_of(const struct rsock *s)
{
	return s ? unix_maker(s) : (struct maker){ .pid = 0 };
}

static int order_str(const struct crfs_str *x, const struct crfs_str *y)
{
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->len ? memcmp(x->p, y->p, x->len) : 0;
}

#define ORDER(x, y) do { if ((x) != (y)) return (x) < (y) ? -1 : 1; } while (0)

int maker_order(const struct maker *x, const struct maker *y)
{
	ORDER(x->pid, y->pid);
	ORDER(x->uid, y->uid);
	ORDER(x->gid, y->gid);
	return order_str(&x->groups, &y->groups);
}

static const struct rsock *one_of(const struct link *l)
{
	return l->a ? l->a : l->b;
}

/* The name that was listened on. */
static struct crfs_str listen_name(const struct link *l)
{
	return l->b ? l->b->r->name : l->a->r->peer_name;
}

/* Links of the same listener follow each other, and among them those of the same maker. */
static int order_listener(const struct link *x, const struct link *y)
{
	struct crfs_str a = listen_name(x), b = listen_name(y);
	int c;

	ORDER(x->pair, y->pair);
	ORDER(sock_net_key(one_of(x)->o), sock_net_key(one_of(y)->o));
	ORDER(one_of(x)->r->socktype, one_of(y)->r->socktype);
	if (x->pair)
		return 0;
	c = order_str(&a, &b);
	return c ? c : maker_order(&x->listens, &y->listens);
}

static int by_maker(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int c = order_listener(x, y);

	if (!c)
		c = maker_order(&x->makes, &y->makes);
	if (c)
		return c;
	ORDER(one_of(x)->o->id, one_of(y)->o->id);
	return 0;
}

static bool is_pair(const struct rsock *s)
{
	if (s->r->connected == CRFS_UNIX_GONE)
		return !s->r->peer_name.len && !s->r->accepted;
	if (s->r->connected != CRFS_UNIX_PEER || s->peer->peer != s || s->peer == s)
		return false;
	if (unix_dgram(s))
		return !s->r->name.len || !s->peer->r->name.len;
	return !s->r->accepted && !s->peer->r->accepted;
}

static bool is_linked(const struct rsock *s)
{
	return is_pair(s) || (!unix_dgram(s) && (s->r->connected == CRFS_UNIX_PEER ||
						 s->r->connected == CRFS_UNIX_GONE));
}

static struct link link_of(struct rsock *s)
{
	struct link l = { .pair = is_pair(s) };
	bool b = !l.pair && s->r->accepted;

	l.a = b ? s->peer : s;
	l.b = b ? s : s->peer;
	l.makes = maker_of(l.pair ? l.a : l.b ? l.b : l.a);
	l.listens = maker_of(l.pair ? NULL : l.a ? l.a : l.b);
	return l;
}

static int link_all(struct rsocks *all, struct link **links, size_t *n)
{
	struct rsock *s;

	*links = calloc(all->n + 1, sizeof(**links));
	if (!*links)
		return fail(all->rs->err, -ENOMEM, "unix sockets");
	for (s = all->s; s < all->s + all->n; s++)
		if (is_linked(s) && (!s->peer || s < s->peer))
			(*links)[(*n)++] = link_of(s);
	qsort(*links, *n, sizeof(**links), by_maker);
	return 0;
}

static int take(struct rsock *s, int fd)
{
	s->fd = fd;
	s->o->fd = fd;
	return fd;
}

/* Both sides as they come; a missing one is the other's ghost. */
static void take_both(const struct link *l, int a, int b)
{
	if (l->a)
		l->a->paired = l->pair;
	if (l->b)
		l->b->paired = l->pair;
	if (l->a)
		take(l->a, a);
	else
		l->b->ghost = a;
	if (l->b)
		take(l->b, b);
	else
		l->a->ghost = b;
}

static int new_socket(struct rsocks *all, const struct rsock *s)
{
	int fd = sock_net_enter(all->rs, s->o) ?: socket(AF_UNIX, s->r->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? fail_on(all->rs->err, -errno, s->o->path, "socket: raise the limit of open "
				"files") : fd;
}

static int name_it(struct rsocks *all, const struct rsock *s)
{
	struct uname n = unix_name(s->r);
	int rc = s->r->accepted ? 0 : uname_bind(all->rs, &n, s->fd, s->r->socktype);

	if (!rc)
		return 0;
	if (uname_is_path(&n.name))
		return fail_on(all->rs->err, rc, s->o->path, "binding it to %.*s: who has it?",
			       n.path.len, n.path.p);
	return fail_on(all->rs->err, rc, s->o->path, "binding it to @%.*s: who has it?",
		       n.name.len - 1, n.name.p + 1);
}

static size_t same_maker(const struct link *l, size_t n, size_t max)
{
	size_t i = 1;

	while (i < n && i < max && !order_listener(l, &l[i]) && !maker_order(&l->makes, &l[i].makes))
		i++;
	return i;
}

static int make_pairs(struct rsocks *all, const struct link *l, size_t n)
{
	struct job *jobs = calloc(n, sizeof(*jobs));
	size_t i;
	int rc;

	if (!jobs)
		return fail(all->rs->err, -ENOMEM, "unix sockets");
	for (i = 0; i < n; i++)
		jobs[i] = (struct job){ .kind = JOB_PAIR, .fd = -1, .file = -1,
					.type = l[i].a->r->socktype };
	rc = sock_net_enter(all->rs, l->a->o) ?: errand(all->rs, &l->makes, l->a->o->path, jobs, n);
	for (i = 0; i < n && !rc; i++)
		take_both(&l[i], jobs[i].pair[0], jobs[i].pair[1]);
	free(jobs);
	return rc;
}

/** struct door - where connections are made; @own: it is there for this only */
struct door {
	int fd, file;
	bool own;
	struct sockaddr_un addr;
	socklen_t len;
};

static int real_listener(const struct image *im, const struct rsock *s, const struct crfs_str *name)
{
	const int type = s->r->socktype;
	const struct crfs_fd_unix_listener *r;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		const struct iobj *o = &im->objs[IOBJ_FILE][i];

		r = o->room == &res_fd_unix_listener ? image_rec(o, &res_fd_unix_listener, 0) : NULL;
		if (r && r->socktype == type && sock_net_key(o) == sock_net_key(s->o) && !order_str(&r->name, name))
			return o->fd;
	}
	return -1;
}

static int let_listen(struct rsocks *all, const struct door *d, const struct maker *who,
		      const char *path)
{
	struct job job = { .kind = JOB_LISTEN, .fd = d->fd, .file = -1, .backlog = 65535 };

	return errand(all->rs, who, path, &job, 1);
}

static int open_door(struct rsocks *all, const struct link *l, struct door *d)
{
	const struct rsock *s = one_of(l);
	struct crfs_str name = listen_name(l);
	int rc = 0;

	*d = (struct door){ .fd = -1, .file = -1 };
	if (!uname_is_path(&name))
		d->fd = real_listener(all->rs->im, s, &name);
	d->own = d->fd < 0;
	if (d->own) {
		d->fd = new_socket(all, s);
		rc = d->fd < 0 ? d->fd : unix_temporary(all, &name, d->fd);
	}
	if (rc)
		return fail_on(all->rs->err, rc, s->o->path, "binding to the name that it was "
			       "accepted from: who has it?");
	d->len = uname_addr(&name, &d->addr);
	if (uname_is_path(&name))
		d->file = unix_file(d->fd);
	return let_listen(all, d, &l->listens, s->o->path);
}

static void close_door(struct door *d)
{
	if (d->file >= 0)
		close(d->file);
	if (d->own && d->fd >= 0)
		close(d->fd);
}

/* Never wait: what should be there is there. */
static int take_in(struct rsocks *all, const struct door *d, const struct link *l, int a)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	int b = poll(&p, 1, 0) == 1 ? accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;

	if (b < 0)
		return fail_on(all->rs->err, -EIO, one_of(l)->o->path, "accept: nobody has connected");
	take_both(l, a, b);
	return 0;
}

/* The sides that connect. */
static int callers(struct rsocks *all, const struct door *d, const struct link *l, size_t n,
		   struct job *jobs)
{
	size_t i;
	int fd, rc = 0;

	for (i = 0; i < n && !rc; i++) {
		fd = new_socket(all, one_of(&l[i]));
		if (fd < 0)
			return fd;
		jobs[i] = (struct job){ .kind = JOB_CONNECT, .fd = fd, .file = d->file,
					.addr = d->addr, .len = d->len };
		if (!l[i].a)
			rc = unix_temporary(all, &l[i].b->r->peer_name, fd);
		if (rc)
			fail_on(all->rs->err, rc, l[i].b->o->path, "binding to its peer's name: "
				"who has it?");
	}
	return rc;
}

static int connect_some(struct rsocks *all, const struct door *d, const struct link *l, size_t n)
{
	struct job *jobs = calloc(n, sizeof(*jobs));
	size_t i;
	int rc = jobs ? callers(all, d, l, n, jobs) : fail(all->rs->err, -ENOMEM, "unix sockets");

	if (!rc)
		rc = errand(all->rs, &l->makes, one_of(l)->o->path, jobs, n);
	for (i = 0; i < n && !rc; i++)
		rc = take_in(all, d, &l[i], jobs[i].fd);
	free(jobs);
	return rc;
}

static int make_links(struct rsocks *all, const struct link *l, size_t n)
{
	struct door door = { .fd = -1, .file = -1 };
	size_t i, some;
	int rc = 0;

	for (i = 0; i < n && !rc; i += some) {
		some = same_maker(&l[i], n - i, l[i].pair ? ERRAND_MAX : all->batch);
		if (l[i].pair) {
			rc = make_pairs(all, &l[i], some);
			continue;
		}
		if (!i || order_listener(&l[i - 1], &l[i])) {
			close_door(&door);
			rc = open_door(all, &l[i], &door);
		}
		if (!rc)
			rc = connect_some(all, &door, &l[i], some);
	}
	close_door(&door);
	return rc;
}

/* A datagram socket that is connected to one that is gone. */
static int dgram_ghost(struct rsocks *all, struct rsock *s)
{
	int rc;

	if (!unix_dgram(s) || s->r->connected != CRFS_UNIX_GONE || s->ghost >= 0)
		return 0;
	s->ghost = new_socket(all, s);
	if (s->ghost < 0)
		return s->ghost;
	rc = unix_temporary(all, &s->r->peer_name, s->ghost);
	return rc ? fail_on(all->rs->err, rc, s->o->path, "binding to its peer's name: who has it?") : 0;
}

int unix_make(struct rsocks *all)
{
	struct link *links = NULL;
	struct rsock *s;
	size_t n = 0;
	int rc = link_all(all, &links, &n);

	if (!rc)
		rc = make_links(all, links, n);
	free(links);
	for (s = all->s; s < all->s + all->n && !rc; s++) {
		if (s->fd < 0 && take(s, new_socket(all, s)) < 0)
			rc = s->fd;
		if (!rc)
			rc = name_it(all, s);
		if (!rc)
			rc = dgram_ghost(all, s);
	}
	return rc;
}
