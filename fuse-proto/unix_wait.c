// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unix listeners: connections that wait to be accepted, and who listens.
 *
 * Of a connection that waits there is one side, or none. Who connected is not known any more: it is taken to be the
 * first that has it. What the other side says of who listened is what was said when it connected.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/fd/fds.h>
#include <crfs/res/fd/unix_listener.h>
#include <crfs/res/task/creds.h>

#include "rooms.h"
#include "sock_net.h"
#include "unix_join.h"

#define WAITING 2	/* the section of a listener's file with those whose other end was closed */
#define ORDER(x, y) do { if ((x) != (y)) return (x) < (y) ? -1 : 1; } while (0)

/* The process that has it: the first, since nobody knows who it was. */
static struct maker owner_of(const struct restore *rs, const struct iobj *o)
{
	const struct crfs_creds *c;
	const struct crfs_fd *fds;
	size_t i, k, n;

	for (i = 0; i < rs->nr_tasks; i++) {
		const struct rtask *rt = &rs->tasks[i];

		fds = rt->o ? image_recs(rt->o, &res_fd_fds, 0, &n) : NULL;
		for (k = 0; fds && k < n; k++) {
			if (fds[k].file != o->id)
				continue;
			c = image_rec(rt->o, &res_task_creds, 0);
			if (c && rt->leader && rt->leader->o)
				return (struct maker){ rt->leader->o->id, c->euid, c->egid, c->groups };
		}
	}
	return (struct maker){ .pid = 0 };
}

/**
 * struct waiter - a connection that waits at listener @l; @s: its other end, or @closed: that is no more
 */
struct waiter {
	const struct iobj *l;
	unsigned int place;
	struct rsock *s;
	const struct crfs_unix_waiting *closed;
};

static int by_place(const void *a, const void *b)
{
	const struct waiter *x = a, *y = b;

	ORDER(x->l->id, y->l->id);
	ORDER(x->place, y->place);
	return 0;
}

/* @listens: who shall have listened, for the other end to see; @connects: who connects @fd */
static int connect_to(struct rsocks *all, const struct iobj *l, const char *path, int fd, const struct maker *listens,
		      const struct maker *connects)
{
	const struct crfs_fd_unix_listener *r = image_rec(l, &res_fd_unix_listener, 0);
	struct job open = { .kind = JOB_LISTEN, .fd = l->fd, .file = -1, .backlog = 65535 };
	struct job job = { .kind = JOB_CONNECT, .fd = fd, .file = -1 };
	int rc = errand(all->rs, listens, path, &open, 1);

	job.len = uname_addr(&r->name, &job.addr);
	if (uname_is_path(&r->name))
		job.file = unix_file(l->fd);
	if (!rc)
		rc = errand(all->rs, connects, path, &job, 1);
	if (job.file >= 0)
		close(job.file);
	return rc;
}

static int wait_open(struct rsocks *all, const struct waiter *w)
{
	struct maker listens = unix_maker(w->s), connects = owner_of(all->rs, w->s->o);
	struct rsock *s = w->s;
	int rc = connect_to(all, w->l, s->o->path, s->fd, &listens, &connects);

	if (!rc && s->r->queue)
		rc = unix_fill_one(all, s);
	if (!rc && s->r->shutdown && shutdown(s->fd, (int)s->r->shutdown - 1) < 0)
		rc = fail_on(all->rs->err, -errno, s->o->path, "shutdown");
	return rc;
}

/* By a socket that is there for that long. */
static int wait_closed(struct rsocks *all, const struct waiter *w)
{
	const struct crfs_fd_unix_listener *l = image_rec(w->l, &res_fd_unix_listener, 0);
	const struct crfs_unix_waiting *c = w->closed;
	struct maker nobody = { .pid = 0 }, connects = { c->peer_pid, c->peer_uid, c->peer_gid, c->peer_groups };
	struct crfs_fd_unix r = { .socktype = l->socktype, .connected = CRFS_UNIX_WAITS, .queue = c->queue };
	struct rsock s = { .o = (struct iobj *)w->l, .r = &r, .ghost = -1 };
	int rc = sock_net_enter(all->rs, w->l);

	s.fd = rc ? rc : socket(AF_UNIX, l->socktype | SOCK_CLOEXEC, 0);
	if (s.fd < 0)
		return fail_on(all->rs->err, rc ?: -errno, w->l->path, "socket: raise the limit of open files");
	rc = unix_temporary(all, &c->peer_name, s.fd);
	if (rc)
		fail_on(all->rs->err, rc, w->l->path, "binding to the name of who connected: who has it?");
	else
		rc = connect_to(all, w->l, w->l->path, s.fd, &nobody, &connects);
	if (!rc && c->queue)
		rc = unix_fill_one(all, &s);
	close(s.fd);
	return rc;
}

/* Those whose other end is closed are in the files of the listeners. */
static size_t list_closed(const struct image *im, struct waiter *w)
{
	const struct crfs_unix_waiting *c;
	size_t n = 0, i, k, nr;

	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		const struct iobj *o = &im->objs[IOBJ_FILE][i];

		c = o->room == &res_fd_unix_listener ? image_recs(o, &res_fd_unix_listener, WAITING, &nr) : NULL;
		for (k = 0; c && k < nr; k++, n++)
			if (w)
				w[n] = (struct waiter){ o, c[k].place, NULL, &c[k] };
	}
	return n;
}

int unix_waiting(struct rsocks *all)
{
	const struct image *im = all->rs->im;
	struct waiter *w = calloc(all->n + list_closed(im, NULL) + 1, sizeof(*w));
	size_t n = w ? list_closed(im, w) : 0, i;
	int rc = w ? 0 : fail(all->rs->err, -ENOMEM, "unix sockets");
	struct rsock *s;

	for (s = all->s; s < all->s + all->n && !rc; s++)
		if (s->r->connected == CRFS_UNIX_WAITS)
			w[n++] = (struct waiter){ image_obj(im, IOBJ_FILE, s->r->peer), s->r->place, s, NULL };
	if (n)
		qsort(w, n, sizeof(*w), by_place);
	for (i = 0; i < n && !rc; i++)
		rc = w[i].s ? wait_open(all, &w[i]) : wait_closed(all, &w[i]);
	free(w);
	return rc;
}

static struct maker listens(const struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);

	if (r->maker_uid < 0)
		return (struct maker){ .pid = 0 };
	return (struct maker){ r->maker_pid, r->maker_uid, r->maker_gid, r->maker_groups };
}

static int by_listening(const void *a, const void *b)
{
	const struct iobj *const *x = a, *const *y = b;
	struct maker p = listens(*x), q = listens(*y);
	int c = maker_order(&p, &q);

	if (c)
		return c;
	ORDER((*x)->id, (*y)->id);
	return 0;
}

static int listen_some(struct restore *rs, struct iobj *const *l, size_t n)
{
	const struct crfs_fd_unix_listener *r;
	struct job jobs[ERRAND_MAX];
	struct maker who = listens(*l);
	size_t i;

	for (i = 0; i < n; i++) {
		r = image_rec(l[i], &res_fd_unix_listener, 0);
		jobs[i] = (struct job){ .kind = JOB_LISTEN, .fd = l[i]->fd, .file = -1,
					.backlog = r->backlog };
	}
	return errand(rs, &who, l[0]->path, jobs, n);
}

int unix_listen(struct restore *rs)
{
	struct image *im = rs->im;
	struct iobj **l = calloc(im->nr[IOBJ_FILE] + 1, sizeof(*l));
	size_t n = 0, i, some;
	struct maker a, b;
	int rc = l ? 0 : fail(rs->err, -ENOMEM, "unix sockets");

	for (i = 0; l && i < im->nr[IOBJ_FILE]; i++)
		if (im->objs[IOBJ_FILE][i].room == &res_fd_unix_listener)
			l[n++] = &im->objs[IOBJ_FILE][i];
	if (n)
		qsort(l, n, sizeof(*l), by_listening);
	for (i = 0; i < n && !rc; i += some) {
		a = listens(l[i]);
		for (some = 1; i + some < n && some < ERRAND_MAX; some++) {
			b = listens(l[i + some]);
			if (maker_order(&a, &b))
				break;
		}
		rc = listen_some(rs, &l[i], some);
	}
	free(l);
	return rc;
}
