// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A unix socket that does not listen: stream, datagram or packets in sequence; its names, whom it is connected
 * to, how far it is shut down, who made it (SO_PEERCRED), options. What waits to be read is
 * inodes/<queue>.
 *
 * From sock_diag (unix_scan.c), getsockname(2) and getsockopt(2). All are put back together, since they are
 * made of each other (unix_join.c). Refused: peers outside the container.
 * Connections that wait to be accepted have a socket on one side only; what was sent into them is its queue
 * (unix_queued.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <crfs/res/fd/unix.h>
#include <crfs/res/fd/unix_listener.h>
#include <crfs/res/inode/unix_queue.h>

#include "rooms.h"
#include "sockopt.h"
#include "unix_join.h"
#include "unix_name.h"
#include "unix_scan.h"
#include "unix_who.h"

#define OPTIONS 1	/* its section */

static bool unix_match(const struct file *f)
{
	return f->sock.domain == AF_UNIX && f->sock.listens == 0;
}

static void read_peer_name(struct snap *s, const struct file *f, struct crfs_fd_unix *r)
{
	struct sockaddr_un *a = pool_alloc(&s->pool, sizeof(*a) + 1);
	socklen_t len = sizeof(*a);

	if (a && getpeername(f->dup, (struct sockaddr *)a, &len) == 0)
		r->peer_name = uname_str(a, len);
}

static void outside(struct snap *s, const struct usock *u)
{
	if (s->live)	/* or it has come meanwhile */
		return;
	snap_unsupported(s, -EXDEV, file_obj(s, u->f),
			 "%s: its peer, socket:[%lu], is outside the container: "
			 "let the program close it", u->f->link, (unsigned long)u->diag.peer);
}

/* Its other end waits to be accepted; what was sent into that is the queue. */
static void read_waiting(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	r->connected = CRFS_UNIX_WAITS;
	r->peer = u->listener->f->id;
	r->place = u->place;
	if (u->unseen == -ENXIO)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f), "%s: descriptors that nobody else has were sent "
				 "into a connection that waits to be accepted: let the server accept it, and freeze "
				 "again", u->f->link);
	else if (u->unseen)
		snap_unsupported(s, -EAGAIN, file_obj(s, u->f),
				 "%s: data was sent into a connection that waits to be accepted, and this kernel does "
				 "not show it: let the server accept it, and freeze again", u->f->link);
}

/* Datagram sockets without a name have their peers from socketpair(2); who then goes elsewhere leaves
 * the other with a peer that nobody could connect to. */
static void read_peer(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	r->connected = CRFS_UNIX_PEER;
	r->peer = u->peer->f->id;
	if (u->type != SOCK_DGRAM || u->peer->peer == u)
		return;
	if (getpeername(u->f->dup, (struct sockaddr *)&a, &len) == 0 && !uname_str(&a, len).len)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "%s: its peer, files/%u, was made with it but is connected elsewhere: "
				 "let the program close it", u->f->link, u->peer->f->id);
}

static void read_link(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	const struct udiag *d = &u->diag;

	if (u->listener) {
		read_waiting(s, u, r);
	} else if (u->peer) {
		read_peer(s, u, r);
	} else if (d->has_peer && (d->peer || (u->type != SOCK_DGRAM && d->shutdown != 3))) {
		outside(s, u);
	} else if (d->has_peer) {
		r->connected = CRFS_UNIX_GONE;
		read_peer_name(s, u->f, r);
	}
	if (u->reset && (r->connected != CRFS_UNIX_GONE || u->type == SOCK_DGRAM))
		snap_unsupported(s, -EBUSY, file_obj(s, u->f),
				 "%s: an error waits in it: let the program see it", u->f->link);
	r->reset = u->reset;
}

/*
 * Of the two ends of a connection, the one that connect(2) was called on is older, and mostly without a
 * name; the other has that of the listener.
 */
static bool is_accepted(const struct snap *s, const struct usock *u, const struct crfs_fd_unix *r)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	(void)s;
	if (!r->name.len || u->type == SOCK_DGRAM)
		return false;
	if (r->connected == CRFS_UNIX_GONE)
		return true;
	if (r->connected != CRFS_UNIX_PEER ||
	    getpeername(u->f->dup, (struct sockaddr *)&a, &len) < 0)
		return false;
	return !uname_str(&a, len).len || u->f->st.st_ino > u->peer->f->st.st_ino;
}

static int read_names(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	struct uname n;
	int rc;

	if (!u->diag.named)
		return 0;
	rc = uname_read(s, u->f, false, &n);
	r->name = n.name;
	r->accepted = !rc && is_accepted(s, u, r);
	if (rc || r->accepted || !uname_is_path(&n.name))
		return rc;
	rc = uname_read(s, u->f, true, &n);
	r->path = n.path;
	r->mnt_ns = n.mnt_ns;
	r->unlinked = n.unlinked;
	r->path_mode = n.mode;
	r->path_uid = n.uid;
	r->path_gid = n.gid;
	return rc;
}

static void read_queue(struct snap *s, struct usock *u, struct crfs_fd_unix *r)
{
	struct inode *n;

	if (!u->q.first)
		return;
	n = snap_inode(s, &res_inode_unix_queue, u->f->st.st_dev, u->f->st.st_ino, -1);
	if (n) {
		n->priv = u;
		r->queue = n->id;
	}
}

static int unix_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct usock *u = unix_sock(s, f);
	struct text groups = { .failed = false };
	struct crfs_fd_unix r = { .mode = f->st.st_mode & 07777, .uid = f->st.st_uid,
				  .gid = f->st.st_gid };
	struct umaker m;
	int rc = 0;

	r.socktype = f->sock.type;
	m = umaker_read(s, f, &groups);
	r.peer_pid = m.pid;
	r.peer_uid = m.uid;
	r.peer_gid = m.gid;
	r.peer_groups = m.groups;
	if (u && u->known) {
		r.shutdown = u->diag.shutdown & 3;
		read_link(s, u, &r);
		rc = read_names(s, u, &r);
		read_queue(s, u, &r);
	} else if (!s->live) {
		snap_unsupported(s, unix_diag_error(s) ?: -ENOENT, file_obj(s, f),
				 "sock_diag of a unix socket: modprobe unix_diag");
	}
	if (rc) {
		text_free(&groups);
		return rc;
	}
	text_section(out, &crfs_fd_unix_shape);
	text_rec(out, &crfs_fd_unix_shape, &r);
	text_free(&groups);
	rc = sockopts_read(s, f, out);
	if (!rc && u && u->urgent_at >= 0)
		sockopt_row(out, UNIX_URGENT, u->urgent_at);
	return rc;
}

static void bad(struct image *im, struct iobj *o, const char *key, unsigned int v, const char *why)
{
	image_mismatch(im, -EINVAL, o->path, "%s %u: %s", key, v, why);
}

static const struct crfs_fd_unix *unix_of(const struct image *im, unsigned int id)
{
	const struct iobj *o = image_obj(im, IOBJ_FILE, id);

	return o && o->room == &res_fd_unix ? image_rec(o, &res_fd_unix, 0) : NULL;
}

static void check_peer(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	const struct crfs_fd_unix *p = unix_of(im, r->peer);
	bool mutual = p && p->connected == CRFS_UNIX_PEER && p->peer == o->id;

	if (!p || p->socktype != r->socktype)
		bad(im, o, "peer", r->peer, "there is no such unix socket");
	else if (!mutual && (r->socktype != SOCK_DGRAM || !p->name.len))
		bad(im, o, "peer", r->peer, "that has another peer");
	else if (r->accepted && p->accepted)
		bad(im, o, "peer", r->peer, "both were accepted");
	else if (r->socktype != SOCK_DGRAM && r->peer == o->id)
		bad(im, o, "peer", r->peer, "that is itself");
}

static void check_waiting(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	const struct iobj *p = image_obj(im, IOBJ_FILE, r->peer);
	const struct crfs_fd_unix_listener *l =
		p && p->room == &res_fd_unix_listener ? image_rec(p, &res_fd_unix_listener, 0) : NULL;
	size_t i;

	if (!l || l->socktype != r->socktype) {
		bad(im, o, "peer", r->peer, "there is no such listening socket");
		return;
	}
	if (!r->place || r->place > l->backlog + 1)
		bad(im, o, "place", r->place, "the backlog is not so long");
	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		const struct iobj *q = &im->objs[IOBJ_FILE][i];
		const struct crfs_fd_unix *w = q->room == &res_fd_unix && q != o ?
					       image_rec(q, &res_fd_unix, 0) : NULL;

		if (w && w->connected == CRFS_UNIX_WAITS && w->peer == r->peer &&
		    w->place == r->place)
			bad(im, o, "place", r->place, "another waits there");
	}
}

/* Of three or more, each connected to the next, the last would not have been let to. */
static void check_cycle(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	size_t left = im->nr[IOBJ_FILE];
	const struct crfs_fd_unix *p = r, *next;

	while (left-- && p && p->connected == CRFS_UNIX_PEER) {
		next = unix_of(im, p->peer);
		if (!next || next == p || (next->connected == CRFS_UNIX_PEER &&
					   unix_of(im, next->peer) == p))
			return;
		p = next;
		if (p == r) {
			bad(im, o, "peer", r->peer, "a cycle of datagram sockets");
			return;
		}
	}
}

static void check_values(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	bool dgram = r->socktype == SOCK_DGRAM;

	if (r->socktype != SOCK_STREAM && !dgram && r->socktype != SOCK_SEQPACKET)
		bad(im, o, "socktype", r->socktype, "unknown");
	if (r->connected > CRFS_UNIX_WAITS)
		bad(im, o, "connected", r->connected, "unknown");
	if (r->shutdown & ~3 || r->mode & ~07777 || r->path_mode & ~07777)
		bad(im, o, "shutdown", r->shutdown, "or a mode has bits that are not known");
	if (r->accepted > 1 || (r->accepted && (dgram || !r->name.len || r->path.len ||
						r->connected == CRFS_UNIX_WAITS ||
						r->connected == CRFS_UNIX_NONE)))
		bad(im, o, "accepted", r->accepted, "cannot be");
	if (r->reset > 1 || (r->reset && (dgram || r->connected != CRFS_UNIX_GONE)))
		bad(im, o, "reset", r->reset, "its peer is not gone");
	if (r->unlinked > 1 || (r->unlinked && !r->path.len))
		bad(im, o, "unlinked", r->unlinked, "there is no path");
	if (r->peer_name.len > sizeof(((struct sockaddr_un *)0)->sun_path) ||
	    (r->peer_name.len && r->connected != CRFS_UNIX_GONE))
		bad(im, o, "peer_name", r->peer_name.len, "bytes, of a peer that is not gone");
	if ((r->connected == CRFS_UNIX_NONE || r->connected == CRFS_UNIX_GONE) && r->peer)
		bad(im, o, "peer", r->peer, "it is not connected");
	if (r->connected != CRFS_UNIX_WAITS && r->place)
		bad(im, o, "place", r->place, "it does not wait");
}

static void check_maker(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	struct umaker m = { r->peer_pid, r->peer_uid, r->peer_gid, r->peer_groups };

	if (m.uid == -1 && r->connected != CRFS_UNIX_NONE && r->socktype != SOCK_DGRAM)
		bad(im, o, "peer_pid", m.pid, "connected, but by nobody");
	umaker_check(im, o, &m);
}

static bool is_pair(const struct image *im, const struct iobj *o, const struct crfs_fd_unix *r)
{
	const struct crfs_fd_unix *p;

	if (r->connected == CRFS_UNIX_GONE)
		return !r->peer_name.len;
	if (r->connected != CRFS_UNIX_PEER)
		return false;
	p = unix_of(im, r->peer);
	return p && p->connected == CRFS_UNIX_PEER && p->peer == o->id;
}

static void check_messages(struct image *im, struct iobj *o, int socktype, const struct iobj *queue)
{
	const struct crfs_unix_message *m;
	size_t n, i;

	m = image_recs(queue, &res_inode_unix_queue, 0, &n);
	for (i = 0; i < n; i++) {
		if (!m[i].len && socktype == SOCK_STREAM)
			bad(im, o, "queue", queue->id, "an empty message in a stream");
		if (m[i].from.len > sizeof(((struct sockaddr_un *)0)->sun_path) ||
		    (uname_is_path(&m[i].from) && memchr(m[i].from.p, '\0', m[i].from.len)))
			bad(im, o, "queue", queue->id, "a sender whose name cannot be");
	}
}

void unix_check_queue(struct image *im, struct iobj *o, int socktype, unsigned int queue, bool again)
{
	struct iobj *n;

	inode_check(im, o, queue, &res_inode_unix_queue);
	n = image_obj(im, IOBJ_INODE, queue);
	if (!n || n->room != &res_inode_unix_queue)
		return;
	if (n->priv && !(again && n->priv == o))
		bad(im, o, "queue", queue, "is another socket's, too");
	n->priv = o;
	check_messages(im, o, socktype, n);
}

/* Someone must be able to send it again. */
static void check_queue(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	if (!r->queue)
		return;
	unix_check_queue(im, o, r->socktype, r->queue, true);
	if (r->socktype == SOCK_DGRAM ? !r->name.len && !is_pair(im, o, r) :
	    r->connected == CRFS_UNIX_NONE)
		bad(im, o, "queue", r->queue, "nobody can have sent it");
}

/* A byte of a stream, and a message by itself. */
static void check_urgent(struct image *im, struct iobj *o, const struct crfs_fd_unix *r)
{
	int64_t at = sockopt_value(o, OPTIONS, UNIX_URGENT, -1);
	const struct iobj *queue = r->queue ? image_obj(im, IOBJ_INODE, r->queue) : NULL;
	const struct crfs_unix_message *m;
	size_t n = 0, i;

	if (at < 0)
		return;
	m = queue && queue->room == &res_inode_unix_queue ? image_recs(queue, &res_inode_unix_queue, 0, &n) : NULL;
	for (i = 0; i < n && at > 0; i++)
		at -= m[i].len;
	if (r->socktype != SOCK_STREAM || r->connected == CRFS_UNIX_WAITS || at || i >= n || m[i].len != 1)
		image_mismatch(im, -EINVAL, o->path, UNIX_URGENT ": no byte that is a message by itself is there");
}

static void unix_check(struct image *im, struct iobj *o)
{
	static const char *const beside[] = { UNIX_URGENT, NULL };
	const struct crfs_fd_unix *r = image_rec(o, &res_fd_unix, 0);
	struct uname n;

	if (!r)
		return;
	check_values(im, o, r);
	n = unix_name(r);
	if (!r->accepted)
		uname_check(im, o, &n);
	else if (r->name.len > sizeof(((struct sockaddr_un *)0)->sun_path))
		bad(im, o, "name", r->name.len, "bytes are too many");
	if (r->connected == CRFS_UNIX_PEER)
		check_peer(im, o, r);
	else if (r->connected == CRFS_UNIX_WAITS)
		check_waiting(im, o, r);
	if (r->socktype == SOCK_DGRAM && r->connected == CRFS_UNIX_PEER)
		check_cycle(im, o, r);
	check_maker(im, o, r);
	check_queue(im, o, r);
	check_urgent(im, o, r);
	sockopts_check_beside(im, o, OPTIONS, beside);
}

const struct resource res_fd_unix = {
	.name = "unix",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_unix_shape, &crfs_sockopt_shape,
						      NULL },
	.match = unix_match,
	.read = unix_read,
	.check = unix_check,
	.join = unix_join,
};
