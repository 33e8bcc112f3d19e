// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pids that the kernel remembers: of who made a socket, or sent something.
 *
 * SO_PEERCRED, and SO_PEERGROUPS (Linux 4.13). Of a listening socket it is who listens. What one who is dead was
 * called in a pid namespace of the container's own, such as the parent of a daemon, only the kernel's memory tells.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "errand.h"
#include "fdroom.h"
#include "kmem_pid.h"
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

/* Dead, and of the container's namespace, or one below: 0 if that cannot be told. */
static pid_t dead_maker(struct snap *s, const struct file *f, pid_t pid)
{
	uint64_t sk, dead, first, ns, home;
	struct kmem *k;
	pid_t nr, v;
	int rc;

	if (!s->level || !pid || s->live || snap_vpid(s, pid) || kill(pid, 0) == 0 || errno != ESRCH)
		return 0;
	k = snap_kmem(s, &rc);
	if (!k || kmem_socket(k, f->dup, &sk) || kmem_get(k, sk, K_SK_PEER_PID, &dead, sizeof(dead)) ||
	    kmem_pid_number(k, dead, 0, &nr, &ns) || nr != pid ||
	    kmem_pid_number(k, dead, s->level, &v, &ns) || kmem_pid_find(k, s->tasks[0].tgid, &first) ||
	    kmem_pid_number(k, first, s->level, &nr, &home))
		return 0;
	return ns == home && !is_group(s, v) ? v : 0;
}

struct umaker umaker_read(struct snap *s, const struct file *f, struct text *list)
{
	struct umaker m = { .uid = -1, .gid = -1 };
	struct ucred c = { .pid = 0, .uid = -1, .gid = -1 };
	socklen_t len = sizeof(c);
	gid_t *ids = NULL;
	size_t i;

	if (getsockopt(f->dup, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0 || c.uid == (uid_t)-1)
		return m;
	m.pid = dead_maker(s, f, c.pid) ?: unix_who(s, file_obj(s, f),
						    "who made it or connected to it (SO_PEERCRED)", c.pid, false);
	m.uid = c.uid;
	m.gid = c.gid;
	len = 0;
	if (getsockopt(f->dup, SOL_SOCKET, PEERGROUPS, NULL, &len) < 0 && errno == ERANGE)
		ids = pool_alloc(&s->scratch, len);
	if (!ids || getsockopt(f->dup, SOL_SOCKET, PEERGROUPS, ids, &len) < 0)
		return m;
	for (i = 0; i < len / sizeof(*ids); i++)
		text_list(list, ids[i]);
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
