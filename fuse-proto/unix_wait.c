// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unix listeners: connections that wait to be accepted, and who listens.
 *
 * Of a connection that waits there is one side. Who connected is not known any more: it is taken to be the
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
#include "unix_join.h"

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

static int by_place(const void *a, const void *b)
{
	const struct rsock *const *x = a, *const *y = b;

	ORDER((*x)->r->peer, (*y)->r->peer);
	ORDER((*x)->r->place, (*y)->r->place);
	return 0;
}

static int wait_at(struct rsocks *all, struct rsock *s)
{
	const struct iobj *l = image_obj(all->rs->im, IOBJ_FILE, s->r->peer);
	const struct crfs_fd_unix_listener *r = image_rec(l, &res_fd_unix_listener, 0);
	struct job open = { .kind = JOB_LISTEN, .fd = l->fd, .file = -1, .backlog = 65535 };
	struct job job = { .kind = JOB_CONNECT, .fd = s->fd, .file = -1 };
	struct maker who = unix_maker(s);
	int rc = errand(all->rs, &who, s->o->path, &open, 1);

	job.len = uname_addr(&r->name, &job.addr);
	if (uname_is_path(&r->name))
		job.file = unix_file(l->fd);
	who = owner_of(all->rs, s->o);
	if (!rc)
		rc = errand(all->rs, &who, s->o->path, &job, 1);
	if (!rc && s->r->queue)
		rc = unix_fill_one(all, s);
	if (!rc && s->r->shutdown && shutdown(s->fd, (int)s->r->shutdown - 1) < 0)
		rc = fail_on(all->rs->err, -errno, s->o->path, "shutdown");
	if (job.file >= 0)
		close(job.file);
	return rc;
}

int unix_waiting(struct rsocks *all)
{
	struct rsock **w = calloc(all->n + 1, sizeof(*w)), *s;
	size_t n = 0, i;
	int rc = w ? 0 : fail(all->rs->err, -ENOMEM, "unix sockets");

	for (s = all->s; s < all->s + all->n && !rc; s++)
		if (s->r->connected == CRFS_UNIX_WAITS)
			w[n++] = s;
	if (n)
		qsort(w, n, sizeof(*w), by_place);
	for (i = 0; i < n && !rc; i++)
		rc = wait_at(all, w[i]);
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
