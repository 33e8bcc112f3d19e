// SPDX-License-Identifier: GPL-2.0-only
/*
 * A unix socket that does not listen: stream, datagram or packets in sequence; its names, whom it is connected
 * to, how far it is shut down, who made it (SO_PEERCRED), options. What waits to be read is inodes/<queue>, and the
 * row urgent_waits says where in it an urgent byte is.
 * Refused: peers outside the container, urgent data in a queue with descriptors.
 */
#include <linux/net.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/unix.h>

#include "internal.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/unix_scan.h"

static bool unix_match(const struct cfile *f)
{
	const struct sock *sk = file_sock(f, AF_UNIX);

	return sk && READ_ONCE(sk->sk_state) != TCP_LISTEN;
}

/* As getpeername(2) says it, also of one that is gone. Return: false if there is no peer */
static bool peer_name(struct snap *s, const struct usock *u, struct crfs_str *name)
{
	struct sock *peer = unix_peer_get(u->sk);

	if (!peer)
		return false;
	if (unix_addr(s, peer, name))
		name->len = 0;
	sock_put(peer);
	return true;
}

static void outside(struct snap *s, const struct usock *u)
{
	snap_unsupported(s, -EXDEV, file_obj(s, u->f),
			 "%s: its peer, socket:[%lu], is outside the container: let the program close it",
			 u->f->link, u->peer_ino);
}

/* Its other end waits to be accepted; what was sent into that is the queue. */
static void read_waiting(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	r->connected = CRFS_UNIX_WAITS;
	r->peer = u->listener->f->id;
	r->place = u->place;
	if (u->unseen == -ENXIO)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "%s: descriptors that nobody else has were sent into a connection that waits to be accepted: let the server accept it, and freeze again",
				 u->f->link);
	else if (u->unseen)
		snap_unsupported(s, -EAGAIN, file_obj(s, u->f),
				 "%s: data was sent into a connection that waits to be accepted, and this kernel does not show it: let the server accept it, and freeze again",
				 u->f->link);
}

/*
 * Datagram sockets without a name have their peers from socketpair(2); who then goes elsewhere leaves
 * the other with a peer that nobody could connect to.
 */
static void read_peer(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	struct crfs_str name;

	r->connected = CRFS_UNIX_PEER;
	r->peer = u->peer->f->id;
	if (u->type == SOCK_DGRAM && u->peer->peer != u && peer_name(s, u, &name) && !name.len)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "%s: its peer, files/%u, was made with it but is connected elsewhere: let the program close it",
				 u->f->link, u->peer->f->id);
}

static void read_link(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	if (u->listener) {
		read_waiting(s, u, r);
	} else if (u->peer) {
		read_peer(s, u, r);
	} else if (u->has_peer && (u->peer_ino || (u->type != SOCK_DGRAM && u->shutdown != SHUTDOWN_MASK))) {
		outside(s, u);
	} else if (u->has_peer) {
		r->connected = CRFS_UNIX_GONE;
		peer_name(s, u, &r->peer_name);
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
static bool is_accepted(struct snap *s, const struct usock *u, const struct crfs_fd_unix *r)
{
	struct crfs_str name;

	if (!r->name.len || u->type == SOCK_DGRAM)
		return false;
	if (r->connected == CRFS_UNIX_GONE)
		return true;
	if (r->connected != CRFS_UNIX_PEER || !peer_name(s, u, &name))
		return false;
	return !name.len || u->f->st.ino > u->peer->f->st.ino;
}

static int read_names(struct snap *s, const struct usock *u, struct crfs_fd_unix *r)
{
	struct uname n;
	int rc = uname_read(s, u->f, false, &n);

	r->name = n.name;
	r->accepted = !rc && is_accepted(s, u, r);
	if (rc || r->accepted)
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

static int read_queue(struct snap *s, struct usock *u, struct crfs_fd_unix *r)
{
	struct cinode *n = u->first ? snap_inode(s, &res_inode_unix_queue, u->sk, NULL) : NULL;

	if (!n)
		return u->first ? -ENOMEM : 0;
	n->priv = u;
	r->queue = n->id;
	return 0;
}

static int unix_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct usock *u = unix_sock_of(s, f);
	struct text groups = { .failed = false };
	struct crfs_fd_unix r = {
		.mode = f->st.mode & 07777,
		.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid),
	};
	struct umaker m;
	int rc;

	if (!u)
		return -EIO;
	m = umaker_read(s, u->sk, file_obj(s, f), &groups);
	r.socktype = u->type;
	r.peer_pid = m.pid;
	r.peer_uid = m.uid;
	r.peer_gid = m.gid;
	r.peer_groups = m.groups;
	r.shutdown = u->shutdown & SHUTDOWN_MASK;
	read_link(s, u, &r);
	rc = read_names(s, u, &r) ?: read_queue(s, u, &r);
	if (!rc) {
		text_section(out, &crfs_fd_unix_shape);
		text_rec(out, &crfs_fd_unix_shape, &r);
	}
	text_done(&groups, out);
	rc = rc ?: sockopts_read(s, f, out);
	if (!rc && u->urgent_at >= 0)
		sockopt_row(out, "urgent_waits", u->urgent_at);
	return rc;
}

const struct room res_fd_unix = {
	.name = "unix",
	.scope = PER_FILE,
	.match = unix_match,
	.read = unix_read,
};
