// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pids that the kernel remembers: of who made a socket, or sent something.
 *
 * SO_PEERCRED, and SO_PEERGROUPS (Linux 4.13). Of a listening socket it is who listens. What one who is dead was
 * called in a pid namespace of the container's own, such as the parent of a daemon, only the kernel's memory tells.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "errand.h"
#include "fdroom.h"
#include "kmem_pid.h"
#include "sock_view.h"
#include "unix_who.h"

#define PEERGROUPS 59
#define GROUPS_MAX 65536	/* NGROUPS_MAX */

/*
 * In the namespace of ours the number of the dead is still theirs. In one of the container's own it cannot
 * be asked for any more; and who is outside of that has no number in it.
 */
pid_t unix_who(struct snap *s, const char *obj, const char *what, pid_t pid, bool any)
{
	pid_t v = pid ? snap_vpid(s, pid) : 0;
	bool alive;

	if (!pid || v)
		return v;
	alive = kill(pid, 0) == 0 || errno != ESRCH;
	if (!s->level && (any || !alive))
		return pid;
	if (s->level && alive)
		return 0;
	snap_lost(s, obj, alive ? "%s is pid %d, outside the container" : "%s was pid %d, "
		  "which is dead and whose number in its namespace is not known any more", what, pid);
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

/* Does it take the kernel's memory to tell? */
static bool is_dead_inside(const struct snap *s, pid_t pid)
{
	return s->level && pid && !s->live && !snap_vpid(s, pid) && kill(pid, 0) < 0 && errno == ESRCH;
}

/* Of the socket at @sk: dead, and of the container's namespace, or one below: 0 if that cannot be told. */
static pid_t dead_maker(struct snap *s, struct kmem *k, uint64_t sk, pid_t pid)
{
	uint64_t dead, first, ns, home;
	pid_t nr, v;

	if (kmem_get(k, sk, K_SK_PEER_PID, &dead, sizeof(dead)) || kmem_pid_number(k, dead, 0, &nr, &ns) || nr != pid ||
	    kmem_pid_number(k, dead, s->level, &v, &ns) || kmem_pid_find(k, s->tasks[0].tgid, &first) ||
	    kmem_pid_number(k, first, s->level, &nr, &home))
		return 0;
	return ns == home && !is_group(s, v) ? v : 0;
}

/**
 * struct peer_seen - an answer, for all sockets that have the same in the kernel's memory
 * @at: sk_peer_pid and sk_peer_cred; @rc: of SO_PEERCRED; @groups: @nr of them
 */
struct peer_seen {
	uint64_t at[2];
	int rc;
	struct ucred cred;
	gid_t *groups;
	size_t nr;
};

static void ask(struct snap *s, int fd, struct peer_seen *p)
{
	socklen_t len = sizeof(p->cred);

	*p = (struct peer_seen){ .cred = { .pid = 0, .uid = -1, .gid = -1 } };
	p->rc = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &p->cred, &len);
	if (p->rc || p->cred.uid == (uid_t)-1)
		return;
	len = 0;
	if (getsockopt(fd, SOL_SOCKET, PEERGROUPS, NULL, &len) < 0 && errno == ERANGE)
		p->groups = pool_alloc(&s->scratch, len);
	if (p->groups && getsockopt(fd, SOL_SOCKET, PEERGROUPS, p->groups, &len) == 0)
		p->nr = len / sizeof(*p->groups);
}

/* Ten thousand pairs are made by a few processes, and one after the other. */
static const struct peer_seen *peer_of(struct snap *s, const struct file *f, struct peer_seen *mine)
{
	const struct sock_view *v = sock_view(s, f);
	struct peer_seen *p = mine;
	uint64_t at[2];

	if (v && sock_view_get(v, K_SK_PEER_PID, 0, &at[0], 8) && sock_view_get(v, K_SK_PEER_CRED, 0, &at[1], 8) &&
	    at[0] && at[1]) {
		if (!s->sock_view->peer)
			s->sock_view->peer = pool_alloc(&s->scratch, sizeof(*p));
		else if (!memcmp(at, s->sock_view->peer->at, sizeof(at)))
			return s->sock_view->peer;
		p = s->sock_view->peer ?: mine;
	}
	ask(s, f->dup, p);
	if (p != mine)
		memcpy(p->at, at, sizeof(at));
	return p;
}

static pid_t dead_maker_of(struct snap *s, const struct file *f, pid_t pid)
{
	struct kmem *k;
	uint64_t sk;
	int rc;

	if (!is_dead_inside(s, pid))
		return 0;
	k = snap_kmem(s, &rc);
	return k && !kmem_socket(k, f->dup, &sk) ? dead_maker(s, k, sk, pid) : 0;
}

static const char who[] = "who made it or connected to it (SO_PEERCRED)";

/* Groups as the kernel has them, behind each other. */
static int read_groups(struct kmem *k, uint64_t cred, struct text *list)
{
	uint64_t info;
	int32_t n = 0, i;
	uint32_t gid;
	int rc = kmem_get(k, cred, K_CRED_GROUPS, &info, sizeof(info)) ?: kmem_get(k, info, K_GROUPS_NR, &n, sizeof(n));

	if (!rc && (n < 0 || n > GROUPS_MAX || k->at[K_GROUPS_GID] < 0))
		rc = -EOPNOTSUPP;
	for (i = 0; i < n && !rc; i++) {
		rc = kmem_read(k, info + k->at[K_GROUPS_GID] + i * sizeof(gid), &gid, sizeof(gid));
		if (!rc)
			text_list(list, gid);
	}
	return rc;
}

int umaker_read_at(struct snap *s, struct kmem *k, uint64_t sk, const char *obj, struct text *list, struct umaker *m)
{
	uint64_t pid, cred, ns;
	uint32_t uid, gid;
	pid_t nr = 0;
	int rc = kmem_get(k, sk, K_SK_PEER_PID, &pid, sizeof(pid)) ?: kmem_get(k, sk, K_SK_PEER_CRED, &cred, sizeof(cred));

	*m = (struct umaker){ .uid = -1, .gid = -1 };
	if (rc || !cred)
		return rc;
	rc = pid ? kmem_pid_number(k, pid, 0, &nr, &ns) : 0;
	rc = rc ?: kmem_get(k, cred, K_CRED_EUID, &uid, sizeof(uid)) ?: kmem_get(k, cred, K_CRED_EGID, &gid, sizeof(gid)) ?:
	     read_groups(k, cred, list);
	if (rc)
		return rc;
	m->pid = (is_dead_inside(s, nr) ? dead_maker(s, k, sk, nr) : 0) ?: unix_who(s, obj, who, nr, false);
	m->uid = uid;
	m->gid = gid;
	m->groups = text_str(list);
	return 0;
}

struct umaker umaker_read(struct snap *s, const struct file *f, struct text *list)
{
	struct umaker m = { .uid = -1, .gid = -1 };
	struct peer_seen mine;
	const struct peer_seen *p = peer_of(s, f, &mine);
	size_t i;

	if (p->rc || p->cred.uid == (uid_t)-1)
		return m;
	m.pid = dead_maker_of(s, f, p->cred.pid) ?: unix_who(s, file_obj(s, f), who, p->cred.pid, false);
	m.uid = p->cred.uid;
	m.gid = p->cred.gid;
	for (i = 0; i < p->nr; i++)
		text_list(list, p->groups[i]);
	if (p->groups)
		m.groups = text_str(list);
	return m;
}

static bool is_id(int64_t v)
{
	return v >= 0 && v < ~0U;
}

void umaker_check(struct image *im, struct iobj *o, const struct umaker *m)
{
	struct crfs_str list = m->groups;
	unsigned int n = 0;
	__u64 g;

	for (; crfs_list_next(&list, &g); n++)
		if (g >= ~0U)
			image_mismatch(im, -EINVAL, o->path, "there is no group %llu",
				       (unsigned long long)g);
	if (n > GROUPS_MAX)
		image_mismatch(im, -EINVAL, o->path, "%u groups are too many", n);
	if (m->uid == -1 && m->gid == -1 && !m->pid && !n)
		return;
	if (!is_id(m->uid) || !is_id(m->gid) || m->pid > 0x7fffffff)
		image_mismatch(im, -EINVAL, o->path, "it was made by pid %u with uid %lld and gid %lld, "
			       "who cannot be", m->pid, (long long)m->uid, (long long)m->gid);
	else
		errand_check(im, o->path, m->pid);
}
