// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options.
 *
 * From getsockname(2), SIOCUNIXFILE (Linux 4.13, gives the file), sock_diag and SO_PEERCRED. At restore the
 * dead file of before is replaced, if nobody listens on it. Who has called listen(2) calls it again, so
 * that SO_PEERCRED of who connects says the same, and connections that wait are connected again by who has
 * their other end (unix_join.c). Of one whose other end was closed the kernel's memory tells (unix_queued.c); it is
 * connected and closed again. Nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/res/fd/unix.h>
#include <crfs/res/fd/unix_listener.h>

#include "epoll.h"
#include "fdroom.h"
#include "rooms.h"
#include "sockopt.h"
#include "unix_join.h"
#include "unix_name.h"
#include "unix_scan.h"
#include "unix_who.h"

#define WAITING 2		/* the section of those that were closed */
#define NOWHERE ((dev_t)-2)	/* the device of queues without inode */

static bool unix_listener_match(const struct file *f)
{
	return f->sock.domain == AF_UNIX && f->sock.listens == 1;
}

static void read_queue(struct snap *s, const struct file *f, struct crfs_fd_unix_listener *r)
{
	const struct usock *u = unix_sock(s, f);

	if (u && u->known) {
		r->backlog = u->diag.wqueue;
		/* An answer has room for so many (sock_diag); what was not named is not known. */
		if (u->diag.rqueue != u->diag.nr_waiting && !s->live)
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
					 "%u connections wait to be accepted: "
					 "let the program accept them", u->diag.rqueue);
	} else if (!s->live) {
		snap_unsupported(s, unix_diag_error(s) ?: -ENOENT, file_obj(s, f),
				 "sock_diag of a unix socket: modprobe unix_diag");
	}
}

/* What was sent into it is an inode; it has no number of its own, so that is where it lies. */
static int read_closed(struct snap *s, const char *obj, struct kmem *k, const struct uclosed *c, struct text *out)
{
	struct crfs_unix_waiting w = { .place = c->place };
	struct text groups = { .failed = false };
	struct umaker m;
	struct inode *n;
	int rc = umaker_read_at(s, k, c->sk, obj, &groups, &m) ?: unix_peer_name(s, k, c->sk, &w.peer_name);

	n = !rc && c->u->q.first ? snap_inode(s, &res_inode_unix_queue, NOWHERE, c->sk, -1) : NULL;
	if (!rc && c->u->q.first && !n)
		rc = -ENOMEM;
	if (n) {
		n->priv = c->u;
		w.queue = n->id;
	}
	if (!rc) {
		w.peer_pid = m.pid;
		w.peer_uid = m.uid;
		w.peer_gid = m.gid;
		w.peer_groups = m.groups;
		text_rec(out, &crfs_unix_waiting_shape, &w);
	}
	text_free(&groups);
	return rc;
}

static int read_all_closed(struct snap *s, const struct file *f, struct text *out)
{
	const struct usock *l = unix_sock(s, f);
	const struct uclosed *c = l && !s->live && !l->unseen ? l->closed : NULL;
	int rc = 0;
	struct kmem *k = c ? snap_kmem(s, &rc) : NULL;

	if (c)
		text_section(out, &crfs_unix_waiting_shape);
	for (; c && !rc; c = c->next)
		rc = read_closed(s, file_obj(s, f), k, c, out);
	if (rc && rc != -ENOMEM) {
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "a connection waits to be accepted whose other end was closed, and "
				 "this kernel does not show it: let the program accept it, and freeze again");
		rc = 0;
	}
	return rc;
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unix_listener r = { .socktype = 0 };
	struct text groups = { .failed = false };
	struct file *f = obj;
	struct umaker m;
	struct uname n;
	int rc = uname_read(s, f, true, &n);

	if (rc)
		return rc;
	r.socktype = f->sock.type;
	r.name = n.name;
	r.path = n.path;
	r.mnt_ns = n.mnt_ns;
	r.unlinked = n.unlinked;
	r.mode = n.mode;
	r.uid = n.uid;
	r.gid = n.gid;
	m = umaker_read(s, f, &groups);
	r.maker_pid = m.pid;
	r.maker_uid = m.uid;
	r.maker_gid = m.gid;
	r.maker_groups = m.groups;
	read_queue(s, f, &r);
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	text_free(&groups);
	rc = sockopts_read(s, f, out);
	return rc ? rc : read_all_closed(s, f, out);
}

static struct uname name_of(const struct crfs_fd_unix_listener *r)
{
	return (struct uname){ r->name, r->path, r->mnt_ns, r->unlinked, r->mode, r->uid, r->gid };
}

static bool is_taken(const struct image *im, const struct iobj *o, const struct crfs_unix_waiting *w, size_t before)
{
	const struct crfs_fd_unix *r;
	size_t i;

	for (i = 1; i <= before; i++)
		if (w[-(ssize_t)i].place == w->place)
			return true;
	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		r = im->objs[IOBJ_FILE][i].room == &res_fd_unix ? image_rec(&im->objs[IOBJ_FILE][i], &res_fd_unix, 0) : NULL;
		if (r && r->connected == CRFS_UNIX_WAITS && r->peer == o->id && r->place == w->place)
			return true;
	}
	return false;
}

static void check_closed(struct image *im, struct iobj *o, const struct crfs_fd_unix_listener *r)
{
	const struct crfs_unix_waiting *w;
	struct umaker m;
	size_t n, i;

	w = image_recs(o, &res_fd_unix_listener, WAITING, &n);
	for (i = 0; i < n; i++) {
		if (!w[i].place || w[i].place > r->backlog + 1)
			image_mismatch(im, -EINVAL, o->path, "place %u: the backlog is not so long", w[i].place);
		if (is_taken(im, o, &w[i], i))
			image_mismatch(im, -EINVAL, o->path, "place %u: another waits there", w[i].place);
		if (w[i].peer_name.len > sizeof(((struct sockaddr_un *)0)->sun_path) ||
		    (uname_is_path(&w[i].peer_name) && memchr(w[i].peer_name.p, '\0', w[i].peer_name.len)))
			image_mismatch(im, -EINVAL, o->path, "place %u: a peer whose name cannot be", w[i].place);
		if (w[i].peer_uid == -1)
			image_mismatch(im, -EINVAL, o->path, "place %u: connected, but by nobody", w[i].place);
		m = (struct umaker){ w[i].peer_pid, w[i].peer_uid, w[i].peer_gid, w[i].peer_groups };
		umaker_check(im, o, &m);
		if (w[i].queue)
			unix_check_queue(im, o, r->socktype, w[i].queue, false);
	}
}

static void unix_listener_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);
	struct umaker m;
	struct uname n;

	if (!r)
		return;
	n = name_of(r);
	uname_check(im, o, &n);
	m = (struct umaker){ r->maker_pid, r->maker_uid, r->maker_gid, r->maker_groups };
	umaker_check(im, o, &m);
	if (!r->name.len)
		image_mismatch(im, -EINVAL, o->path, "it listens, but has no name");
	if (r->socktype != SOCK_STREAM && r->socktype != SOCK_SEQPACKET)
		image_mismatch(im, -EINVAL, o->path, "socktype %u does not listen", r->socktype);
	if (r->mode & ~07777)
		image_mismatch(im, -EINVAL, o->path, "mode 0%o cannot be", r->mode);
	sockopts_check(im, o, 1);
	check_closed(im, o, r);
}

static int unix_listener_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_unix_listener *r = image_rec(o, &res_fd_unix_listener, 0);
	struct uname n = name_of(r);
	int rc;

	o->fd = socket(AF_UNIX, r->socktype | SOCK_CLOEXEC, 0);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "socket");
	rc = sockopts_put(rs, o, 1, o->fd) ?: epoll_fire(rs, o, o->fd);	/* unconnected, it says that it is hung up */
	if (rc)
		return rc;
	rc = uname_bind(rs, &n, o->fd, r->socktype);
	if (!rc && listen(o->fd, r->backlog) < 0)
		rc = -errno;
	if (rc)
		return fail_on(rs->err, rc, o->path, "listening on %.*s: who has it?",
			       n.path.len ? (int)n.path.len : (int)n.name.len - 1,
			       n.path.len ? n.path.p : n.name.p + 1);
	return file_made(rs, o, o->fd);
}

const struct resource res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.fires = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_unix_listener_shape,
						      &crfs_sockopt_shape, &crfs_unix_waiting_shape, NULL },
	.match = unix_listener_match,
	.read = unix_listener_read,
	.check = unix_listener_check,
	.make = unix_listener_make,
};
