// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options, and who listens (SO_PEERCRED of who connects). Connections that wait to be accepted stand with their
 * other ends (unix_scan.c).
 */
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/unix_listener.h>

#include "internal.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/unix_name.h"

static bool unix_listener_match(const struct cfile *f)
{
	const struct sock *sk = file_sock(f, AF_UNIX);

	return sk && READ_ONCE(sk->sk_state) == TCP_LISTEN;
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
	m = umaker_read(s, f, &groups);
	r.maker_pid = m.pid;
	r.maker_uid = m.uid;
	r.maker_gid = m.gid;
	r.maker_groups = m.groups;
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	text_done(&groups, out);
	return sockopts_read(s, f, out);
}

const struct room res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.match = unix_listener_match,
	.read = unix_listener_read,
};
