// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options, and who listens (SO_PEERCRED of who connects). Connections that wait to be accepted stand with their
 * other ends (unix_scan.c), and here if those were closed.
 */
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/unix_listener.h>

#include "internal.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/unix_scan.h"

static bool unix_listener_match(const struct cfile *f)
{
	const struct sock *sk = file_sock(f, AF_UNIX);

	return sk && READ_ONCE(sk->sk_state) == TCP_LISTEN;
}

static int peer_name(struct snap *s, struct sock *embryo, struct crfs_str *name)
{
	struct sock *peer = unix_peer_get(embryo);
	int rc = peer ? unix_addr(s, peer, name) : 0;

	if (peer)
		sock_put(peer);
	return rc;
}

static int read_closed(struct snap *s, const char *obj, const struct uclosed *c, struct sock *embryo, struct text *out)
{
	struct crfs_unix_waiting w = { .place = c->place };
	struct text groups = { .failed = false };
	struct umaker m = umaker_read(s, embryo, obj, &groups);
	struct cinode *n = NULL;
	int rc = peer_name(s, embryo, &w.peer_name);

	if (!rc && c->u->first) {
		n = snap_inode(s, &res_inode_unix_queue, c->u->sk, NULL);
		rc = n ? 0 : -ENOMEM;
	}
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
	text_done(&groups, out);
	return rc;
}

/* They stay where they were when all were looked at: nobody takes one out of a frozen container's queue. */
static int read_all_closed(struct snap *s, struct cfile *f, struct text *out)
{
	const struct usock *l = unix_sock_of(s, f);
	const struct uclosed *c = l && !l->unseen ? l->closed : NULL;
	struct sk_buff **v;
	size_t n;
	int rc;

	if (!c)
		return 0;
	text_section(out, &crfs_unix_waiting_shape);
	rc = hold_queue(s, &l->sk->sk_receive_queue, &v, &n);
	for (; c && !rc; c = c->next)
		rc = c->place <= n && v[c->place - 1]->sk == c->u->sk ?
		     read_closed(s, file_obj(s, f), c, v[c->place - 1]->sk, out) : -ESTALE;
	let_go(v, n);
	return rc;
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct sock *sk = sock_from_file(f->file)->sk;
	struct text groups = { .failed = false };
	struct crfs_fd_unix_listener r = {
		.socktype = sk->sk_type, .backlog = READ_ONCE(sk->sk_max_ack_backlog),
	};
	struct umaker m;
	struct uname n;
	int rc = uname_read(s, f, true, &n);

	if (rc)
		return rc;
	r.name = n.name;
	r.path = n.path;
	r.mnt_ns = n.mnt_ns;
	r.unlinked = n.unlinked;
	r.mode = n.mode;
	r.uid = n.uid;
	r.gid = n.gid;
	m = umaker_read(s, sk, file_obj(s, f), &groups);
	r.maker_pid = m.pid;
	r.maker_uid = m.uid;
	r.maker_gid = m.gid;
	r.maker_groups = m.groups;
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	text_done(&groups, out);
	rc = sockopts_read(s, f, out);
	return rc ? rc : read_all_closed(s, f, out);
}

const struct room res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.fires = true,
	.match = unix_listener_match,
	.read = unix_listener_read,
};
