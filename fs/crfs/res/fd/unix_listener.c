// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening unix socket: its name (a path, or abstract), its file's owner and mode, backlog,
 * options, and who listens (SO_PEERCRED of who connects). Connections that wait to be accepted are
 * not carried here yet: refused.
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
#include "res/fd/sockopt.h"

static bool unix_listener_match(const struct cfile *f)
{
	struct socket *sock = f->flags & O_PATH ? NULL : sock_from_file(f->file);

	return sock && sock->sk && sock->sk->sk_family == AF_UNIX &&
	       sock->sk->sk_state == TCP_LISTEN;
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

/* As unix_who(), fuse-proto/unix_who.c: in the mounter's pid namespace the number of the dead is still theirs. */
static pid_t who(struct snap *s, const struct cfile *f, struct pid *pid)
{
	pid_t v = snap_vpid(s, pid), nr;
	bool alive;

	if (v)
		return v;
	rcu_read_lock();
	alive = pid_task(pid, PIDTYPE_PID);
	nr = pid_nr_ns(pid, s->pid_ns);
	rcu_read_unlock();
	if (!s->level && !alive)
		return nr;
	if ((s->level && alive) || !nr)
		return 0;
	snap_lost(s, file_obj(s, f), alive ?
		  "who made it or connected to it (SO_PEERCRED) is pid %d, outside the container" :
		  "who made it or connected to it (SO_PEERCRED) was pid %d, which is dead and whose number in its namespace is not known any more",
		  nr);
	return 0;
}

static void read_maker(struct snap *s, const struct cfile *f, struct sock *sk,
		       struct crfs_fd_unix_listener *r, struct text *groups)
{
	struct user_namespace *ns = s->mi->cred->user_ns;
	const struct cred *cred;
	struct pid *pid;
	int i;

	r->maker_uid = -1;
	r->maker_gid = -1;
	spin_lock(&sk->sk_peer_lock);
	pid = get_pid(sk->sk_peer_pid);
	cred = sk->sk_peer_cred ? get_cred(sk->sk_peer_cred) : NULL;
	spin_unlock(&sk->sk_peer_lock);
	if (cred) {
		r->maker_pid = pid ? who(s, f, pid) : 0;
		r->maker_uid = from_kuid_munged(ns, cred->euid);
		r->maker_gid = from_kgid_munged(ns, cred->egid);
		for (i = 0; i < cred->group_info->ngroups; i++)
			text_list(groups, from_kgid_munged(ns, cred->group_info->gid[i]));
		put_cred(cred);
	}
	put_pid(pid);
	r->maker_groups = text_str(groups);
}

static int unix_listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_unix_listener r = { .socktype = 0 };
	struct cfile *f = obj;
	struct sock *sk = sock_from_file(f->file)->sk;
	struct text groups = { .failed = false };
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
				 "%u connections wait to be accepted: the kernel filesystem does not carry them yet: use -t fuse.crfs, or let the program accept them",
				 wait);
	read_maker(s, f, sk, &r, &groups);
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
