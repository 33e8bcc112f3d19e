// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of unix sockets, and who made them. Both are where the kernel has them; a name and its path are
 * set once, when it is bound, and stay as long as the socket.
 */
#include <linux/net.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/stat.h>
#include <linux/un.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include "internal.h"
#include "res/fd/unix_name.h"

int unix_addr(struct snap *s, const struct sock *sk, struct crfs_str *name)
{
	const struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);
	size_t len = addr ? addr->len - offsetof(struct sockaddr_un, sun_path) : 0;
	char *p = snap_alloc(s, len + 1);

	if (!p)
		return -ENOMEM;
	if (len)
		memcpy(p, addr->name->sun_path, len);
	*name = (struct crfs_str){ p, len };
	if (len && *p)
		name->len = strnlen(p, len);
	return 0;
}

/* The file that bind(2) has made. */
static int read_file(struct snap *s, struct cfile *f, const struct path *at, struct uname *n)
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
	if (!rc && !p.gone && st.nlink > 1 && path_names(s, &p, at, st.ino) < st.nlink)
		snap_lost(s, file_obj(s, f), "names of %.*s in other directories, of %u that it has: they will lead nowhere",
			  p.path.len, p.path.p, st.nlink);
	n->path = p.path;
	n->mnt_ns = p.mnt_ns;
	n->unlinked = p.gone;
	n->mode = st.mode & 07777;
	n->uid = from_kuid_munged(s->mi->cred->user_ns, st.uid);
	n->gid = from_kgid_munged(s->mi->cred->user_ns, st.gid);
	return 0;
}

int uname_read(struct snap *s, struct cfile *f, bool file, struct uname *n)
{
	const struct sock *sk = sock_from_file(f->file)->sk;
	struct path at;
	int rc;

	*n = (struct uname){ .mode = 0 };
	rc = unix_addr(s, sk, &n->name);
	if (rc || !file || !n->name.len || !*n->name.p)
		return rc;
	at = unix_sk(sk)->path;
	if (!at.dentry)
		return -EIO;
	path_get(&at);
	rc = read_file(s, f, &at, n);
	path_put(&at);
	return rc;
}

void unix_whois(struct snap *s, struct pid *pid, struct uwho *w)
{
	*w = (struct uwho){};
	if (!pid)
		return;
	rcu_read_lock();
	w->alive = pid_task(pid, PIDTYPE_PID);
	w->nr = pid_nr_ns(pid, s->pid_ns);
	rcu_read_unlock();
	w->v = snap_vpid(s, pid);
}

/* Has the container a pid namespace of its own? */
static bool own_pids(const struct snap *s)
{
	return s->level > s->pid_ns->level;
}

/* As unix_who(), fuse-proto/unix_who.c: in the mounter's pid namespace the number of the dead is still theirs. */
pid_t unix_who(struct snap *s, const char *obj, const char *what, const struct uwho *w, bool any)
{
	if (!w->nr || w->v)
		return w->v;
	if (!own_pids(s) && (any || !w->alive))
		return w->nr;
	if (own_pids(s) && w->alive)
		return 0;
	snap_lost(s, obj, w->alive ? "%s is pid %d, outside the container" :
		  "%s was pid %d, which is dead and whose number in its namespace is not known any more", what, w->nr);
	return 0;
}

/* Nobody can have it for a moment: a session or process group does. */
static bool is_group(const struct snap *s, pid_t v)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].vsid == v || s->tasks[i].vpgid == v)
			return true;
	return false;
}

/*
 * What one who is dead was called in a pid namespace of the container's own, such as the parent of a daemon. 0: not in
 * that, or one that cannot be had again.
 */
static pid_t dead_maker(const struct snap *s, const struct pid *pid, const struct uwho *w)
{
	const struct pid *first;
	bool same;

	if (!own_pids(s) || !w->nr || w->v || w->alive || pid->level < s->level)
		return 0;
	rcu_read_lock();
	first = task_pid(s->tasks[0].task);	/* none, if it was killed meanwhile */
	same = first && pid->numbers[s->level].ns == first->numbers[s->level].ns;
	rcu_read_unlock();
	return same && !is_group(s, pid->numbers[s->level].nr) ? pid->numbers[s->level].nr : 0;
}

struct umaker umaker_read(struct snap *s, struct sock *sk, const char *obj, struct text *list)
{
	struct user_namespace *ns = s->mi->cred->user_ns;
	struct umaker m = { .uid = -1, .gid = -1 };
	const struct cred *cred;
	struct uwho w;
	struct pid *pid;
	int i;

	spin_lock(&sk->sk_peer_lock);
	pid = get_pid(sk->sk_peer_pid);
	cred = sk->sk_peer_cred ? get_cred(sk->sk_peer_cred) : NULL;
	spin_unlock(&sk->sk_peer_lock);
	if (cred) {
		unix_whois(s, pid, &w);
		m.pid = pid ? dead_maker(s, pid, &w) : 0;
		if (!m.pid)
			m.pid = unix_who(s, obj, "who made it or connected to it (SO_PEERCRED)", &w, false);
		m.uid = from_kuid_munged(ns, cred->euid);
		m.gid = from_kgid_munged(ns, cred->egid);
		for (i = 0; i < cred->group_info->ngroups; i++)
			text_list(list, from_kgid_munged(ns, cred->group_info->gid[i]));
		put_cred(cred);
	}
	put_pid(pid);
	m.groups = text_str(list);
	return m;
}
