// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options. Waiting connections are refused.
 */
#include <linux/net.h>
#include <linux/path.h>
#include <linux/stat.h>
#include <linux/un.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/unix_listener.h>

#include "internal.h"

static bool unix_listener_match(const struct cfile *f)
{
	struct socket *sock = f->flags & O_PATH ? NULL : sock_from_file(f->file);

	return sock && sock->sk && sock->sk->sk_family == AF_UNIX &&
	       sock->sk->sk_state == TCP_LISTEN;
}

/* Is @name, seen from some directory, @path? */
static bool fits(const struct crfs_str *path, const struct crfs_str *name)
{
	size_t dir = path->len - name->len;

	return name->len && path->len >= name->len && !memcmp(path->p + dir, name->p, name->len) &&
	       (*name->p == '/' ? !dir : dir && path->p[dir - 1] == '/');
}

/* The file that bind(2) has made. */
static int read_file(struct snap *s, struct cfile *f, const struct path *at,
		     struct crfs_fd_unix_listener *r)
{
	struct kstat st;
	struct place p;
	char *link = path_text(s, at);
	int rc = vfs_getattr(at, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC);

	if (!link || rc)
		return rc ?: -ENOMEM;
	rc = path_place(s, file_obj(s, f), f->task, link, at, &st, &p);
	if (rc < 0)
		return rc;
	r->path = p.path;
	r->mnt_ns = p.mnt_ns;
	r->unlinked = p.gone;
	r->mode = st.mode & 07777;
	r->uid = from_kuid_munged(s->mi->cred->user_ns, st.uid);
	r->gid = from_kgid_munged(s->mi->cred->user_ns, st.gid);
	if (!rc && !fits(&r->path, &r->name))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "it was bound as %.*s, which leads to %.*s by way of a link: bind it by its path",
				 r->name.len, r->name.p, r->path.len, r->path.p);
	return 0;
}

/* The name in the pool, and the path with a reference: both are set once, when it is bound. */
static int read_name(struct snap *s, struct unix_sock *u, struct crfs_fd_unix_listener *r,
		     struct path *at)
{
	const struct unix_address *addr = smp_load_acquire(&u->addr);
	size_t len = addr ? addr->len - offsetof(struct sockaddr_un, sun_path) : 0;
	char *name = snap_alloc(s, len + 1);

	if (!name)
		return -ENOMEM;
	if (len)
		memcpy(name, addr->name->sun_path, len);
	r->name = (struct crfs_str){ name, len };
	*at = (struct path){};
	if (!len || !*name)
		return 0;
	r->name.len = strnlen(name, len);
	*at = u->path;
	path_get(at);
	return at->dentry ? 0 : -EIO;
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unix_listener r = { .socktype = 0 };
	struct cfile *f = obj;
	struct sock *sk = sock_from_file(f->file)->sk;
	unsigned int wait;
	struct path at;
	int rc = read_name(s, unix_sk(sk), &r, &at);

	r.socktype = sk->sk_type;
	if (!rc && at.dentry)
		rc = read_file(s, f, &at, &r);
	path_put(&at);
	if (rc)
		return rc;
	r.backlog = READ_ONCE(sk->sk_max_ack_backlog);
	wait = skb_queue_len_lockless(&sk->sk_receive_queue);
	if (wait)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%u connections wait to be accepted: let the program accept them", wait);
	text_section(out, &crfs_fd_unix_listener_shape);
	text_rec(out, &crfs_fd_unix_listener_shape, &r);
	return sockopts_read(s, f, out);
}

const struct room res_fd_unix_listener = {
	.name = "unix_listener",
	.scope = PER_FILE,
	.match = unix_listener_match,
	.read = unix_listener_read,
};
