// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving a task its credentials: every call takes away a right that a later one might have needed.
 *
 * A task begins as a copy of the controller. SECBIT_NO_SETUID_FIXUP first, so that changing ids
 * leaves capabilities alone; then groups and ids; the inheritable set while it may still hold what
 * the bounding set will not; ambient capabilities, which must be permitted and inheritable; the
 * bounding set; the task's own securebits; its capabilities; no_new_privs.
 *
 * A task of a user namespace enters it when it has its ids, whose numbers are the mounter's; it has all
 * capabilities there, and keeps its own. Or it was born there, with the ids of the container's first
 * task, and must be given others by the numbers that they have in there.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/creds.h>
#include <crfs/res/task/status.h>

#include "ask.h"
#include "creds.h"
#include "res/ns/user.h"
#include "rooms.h"
#include "same.h"

#define LAST_CAP_MAX 63

/* struct own - the controller's, in the form of the tree */
struct own {
	struct crfs_creds c;
	gid_t groups[1024];
	int nr_groups;
	int last_cap;
};

static void own_caps(struct own *o)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };
	int i, rc;

	syscall(SYS_capget, &h, d);
	o->c.cap_effective = d[0].effective | (__u64)d[1].effective << 32;
	o->c.cap_permitted = d[0].permitted | (__u64)d[1].permitted << 32;
	o->c.cap_inheritable = d[0].inheritable | (__u64)d[1].inheritable << 32;
	for (i = 0; i <= LAST_CAP_MAX; i++) {
		rc = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		if (rc < 0)
			break;
		o->c.cap_bounding |= (__u64)rc << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			o->c.cap_ambient |= 1ULL << i;
	}
	o->last_cap = i - 1;
}

static void own_creds(struct own *o)
{
	memset(o, 0, sizeof(*o));
	getresuid(&o->c.uid, &o->c.euid, &o->c.suid);
	getresgid(&o->c.gid, &o->c.egid, &o->c.sgid);
	o->c.fsuid = setfsuid(-1);
	o->c.fsgid = setfsgid(-1);
	o->nr_groups = getgroups(1024, o->groups);
	o->c.securebits = prctl(PR_GET_SECUREBITS);
	o->c.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	own_caps(o);
}

static bool same_groups(struct crfs_str list, const struct own *own)
{
	__u64 g;
	int i = 0;

	while (crfs_list_next(&list, &g))
		if (i >= own->nr_groups || own->groups[i++] != g)
			return false;
	return i == own->nr_groups;
}

/* All but what capset(2) changes on its own. */
static bool same_but_caps(const struct crfs_creds *c, const struct own *own)
{
	const struct crfs_creds *o = &own->c;

	return c->uid == o->uid && c->euid == o->euid && c->suid == o->suid &&
	       c->fsuid == o->fsuid && c->gid == o->gid && c->egid == o->egid &&
	       c->sgid == o->sgid && c->fsgid == o->fsgid &&
	       c->cap_inheritable == o->cap_inheritable && c->cap_bounding == o->cap_bounding &&
	       c->cap_ambient == o->cap_ambient && c->securebits == o->securebits &&
	       same_groups(c->groups, own);
}

static void check_caps(struct image *im, struct iobj *o, const struct crfs_creds *c,
		       const struct own *own)
{
	__u64 missing = (c->cap_permitted & ~own->c.cap_permitted) |
			((c->cap_bounding | c->cap_inheritable | c->cap_ambient) &
			 ~own->c.cap_bounding);
	const struct crfs_name *n;

	for (n = crfs_cap_names; n->name; n++) {
		if (missing & n->value)
			image_mismatch(im, -EPERM, o->path,
				       "creds: %s, which crfs lacks here: mount with it", n->name);
		missing &= ~n->value;
	}
	if (missing)
		image_mismatch(im, -EPERM, o->path,
			       "creds: capabilities 0x%llx, which this kernel does not have",
			       (unsigned long long)missing);
}

void creds_check(struct image *im, struct iobj *o)
{
	const struct crfs_creds *c = image_rec(o, &res_task_creds, 0);
	struct own own;
	__u64 g, nr = 0;
	struct crfs_str list;

	if (!c) {
		same_check(im, o, &res_task_creds);
		return;
	}
	own_creds(&own);
	if (!image_status(o)->user_ns)
		check_caps(im, o, c, &own);
	if ((c->cap_effective & ~c->cap_permitted) ||
	    (c->cap_ambient & ~(c->cap_permitted & c->cap_inheritable)))
		image_mismatch(im, -EINVAL, o->path,
			       "creds: effective or ambient capabilities that are not permitted");
	if (c->no_new_privs > 1)
		image_mismatch(im, -EINVAL, o->path, "creds: no_new_privs is 0 or 1");
	if (own.c.no_new_privs && !c->no_new_privs)
		image_mismatch(im, -EPERM, o->path,
			       "creds: crfs runs with no_new_privs, which no child gets rid of");
	for (list = c->groups; crfs_list_next(&list, &g); nr++)
		if (g >= ~0U)
			image_mismatch(im, -EINVAL, o->path, "creds: no such group");
	if (nr > 65536)
		image_mismatch(im, -EINVAL, o->path, "creds: more than 65536 groups");
	if (same_but_caps(c, &own))
		return;
	if (~own.c.cap_effective & (1ULL << CAP_SETUID | 1ULL << CAP_SETGID | 1ULL << CAP_SETPCAP))
		image_mismatch(im, -EPERM, o->path,
			       "creds: changing them needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP");
}

static void put_capset(struct tape *t, __u64 eff, __u64 perm, __u64 inh)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (__u32)eff, (__u32)perm, (__u32)inh },
		{ eff >> 32, perm >> 32, inh >> 32 },
	};

	tape_call(t, "capset", SYS_capset, tape_data(t, &h, sizeof(h)),
		  tape_data(t, d, sizeof(d)));
}

/* struct there - where ids are given to a task: of user namespace @ns; 0: as they are in the tree */
struct there {
	const struct image *im;
	unsigned int ns;
};

static int put_groups(struct tape *t, struct crfs_str list, const struct there *w)
{
	struct crfs_str l = list;
	size_t n = 0;
	__u64 g, at;
	gid_t *ids;

	while (crfs_list_next(&l, &g))
		n++;
	at = tape_data(t, NULL, n * sizeof(gid_t));
	if (t->full)
		return -ENOBUFS;
	ids = tape_local(t, at);
	for (l = list; crfs_list_next(&l, &g);)
		*ids++ = user_id_there(w->im, w->ns, true, g);
	tape_call(t, "setgroups", SYS_setgroups, n, at);
	return 0;
}

static void put_ids(struct tape *t, const struct crfs_creds *c, const struct there *w)
{
	__u32 fsgid = user_id_there(w->im, w->ns, true, c->fsgid), fsuid = user_id_there(w->im, w->ns, false, c->fsuid);
	struct tape_op *op;

	tape_call(t, "setresgid", SYS_setresgid, user_id_there(w->im, w->ns, true, c->gid), user_id_there(w->im, w->ns, true, c->egid),
		  user_id_there(w->im, w->ns, true, c->sgid));
	tape_call(t, "setfsgid", SYS_setfsgid, fsgid)->want = WANT_ANY;
	op = tape_call(t, "setfsgid", SYS_setfsgid, -1);
	op->want = WANT_EXACT;
	op->expect = fsgid;
	tape_call(t, "setresuid", SYS_setresuid, user_id_there(w->im, w->ns, false, c->uid), user_id_there(w->im, w->ns, false, c->euid),
		  user_id_there(w->im, w->ns, false, c->suid));
	tape_call(t, "setfsuid", SYS_setfsuid, fsuid)->want = WANT_ANY;
	op = tape_call(t, "setfsuid", SYS_setfsuid, -1);
	op->want = WANT_EXACT;
	op->expect = fsuid;
}

static void put_sets(struct tape *t, const struct crfs_creds *c, const struct own *own)
{
	int i;

	put_capset(t, own->c.cap_effective, own->c.cap_permitted, c->cap_inheritable);
	if (own->c.cap_ambient & ~c->cap_ambient)
		tape_call(t, "clear ambient capabilities", SYS_prctl, PR_CAP_AMBIENT,
			  PR_CAP_AMBIENT_CLEAR_ALL);
	for (i = 0; i <= own->last_cap; i++)
		if (c->cap_ambient >> i & 1)
			tape_call(t, "raise an ambient capability", SYS_prctl, PR_CAP_AMBIENT,
				  PR_CAP_AMBIENT_RAISE, i);
	for (i = 0; i <= own->last_cap; i++)
		if (own->c.cap_bounding >> i & 1 && !(c->cap_bounding >> i & 1))
			tape_call(t, "drop a capability from the bounding set", SYS_prctl,
				  PR_CAPBSET_DROP, i);
}

static void put_securebits(struct tape *t, unsigned int bits)
{
	tape_call(t, "prctl(PR_SET_SECUREBITS)", SYS_prctl, PR_SET_SECUREBITS, bits);
}

static int put_who(struct restore *rs, struct iobj *o, struct tape *t, const struct crfs_creds *c,
		   const struct own *own, const struct there *w)
{
	put_securebits(t, own->c.securebits | SECBIT_NO_SETUID_FIXUP);
	if (put_groups(t, c->groups, w))
		return fail_on(rs->err, -ENOBUFS, o->path, "creds: more groups than a tape holds");
	put_ids(t, c, w);
	return 0;
}

/* What is left when ids and the user namespace are right: what the task may do in that. */
static void put_rights(struct tape *t, const struct crfs_creds *c, const struct own *own)
{
	put_sets(t, c, own);
	put_securebits(t, c->securebits);
	put_capset(t, c->cap_effective, c->cap_permitted, c->cap_inheritable);
}

/* Who goes into a user namespace has all rights in it, whoever it is; user_namespaces(7). */
static void own_inside(struct own *own)
{
	__u64 all = own->last_cap >= 63 ? ~0ULL : (1ULL << (own->last_cap + 1)) - 1;

	own->c.cap_effective = own->c.cap_permitted = own->c.cap_bounding = all;
	own->c.cap_inheritable = own->c.cap_ambient = 0;
	own->c.securebits = 0;
}

static bool same_groups_as(struct crfs_str a, struct crfs_str b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

static bool same_who(const struct crfs_creds *a, const struct crfs_creds *b)
{
	return a->uid == b->uid && a->euid == b->euid && a->suid == b->suid && a->fsuid == b->fsuid &&
	       a->gid == b->gid && a->egid == b->egid && a->sgid == b->sgid && a->fsgid == b->fsgid &&
	       same_groups_as(a->groups, b->groups);
}

/* Those of the container's first task, with which all are born in its user namespace */
static const struct crfs_creds *born_with(const struct restore *rs)
{
	struct rtask *init = restore_task(rs, 1);

	return init ? same_rec(init, &res_task_creds) : NULL;
}

static int put_born(struct restore *rs, struct iobj *o, struct tape *t, const struct crfs_creds *c,
		    struct own *own, unsigned int birth)
{
	const struct crfs_creds *had = born_with(rs);
	struct there w = { rs->im, birth };
	int rc = 0;

	own_inside(own);
	if (!had || !same_who(c, had))
		rc = put_who(rs, o, t, c, own, &w);
	return rc;
}

static void put_enter(struct restore *rs, struct rtask *rt, struct tape *t, unsigned int ns)
{
	const struct iobj *o = image_obj(rs->im, IOBJ_NS, ns);
	unsigned int fd = task_free_fd(rt);
	struct tape_op *op = tape_call(t, "pidfd_getfd", SYS_pidfd_getfd, rs->ctl_fd, o->fd, 0);

	op->want = WANT_EXACT;
	op->expect = fd;
	tape_call(t, "setns(CLONE_NEWUSER)", SYS_setns, fd, CLONE_NEWUSER);
	tape_call(t, "close", SYS_close, fd);
}

/* A task of a user namespace: born in it, or going there when it has its ids. */
static int put_inside(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t,
		      const struct crfs_creds *c, struct own *own, unsigned int ns)
{
	unsigned int birth = user_birth(rs->im);
	struct there here = { rs->im, 0 };
	int rc;

	if (birth)
		rc = put_born(rs, o, t, c, own, birth);
	else
		rc = put_who(rs, o, t, c, own, &here);
	if (rc)
		return rc;
	if (ns != birth)
		put_enter(rs, rt, t, ns);
	own_inside(own);
	put_rights(t, c, own);
	return 0;
}

static int put_outside(struct restore *rs, struct iobj *o, struct tape *t, const struct crfs_creds *c,
		       const struct own *own)
{
	struct there here = { rs->im, 0 };
	int rc = 0;

	if (!same_but_caps(c, own)) {
		rc = put_who(rs, o, t, c, own, &here);
		put_sets(t, c, own);
		put_securebits(t, c->securebits);
	}
	if (!rc && (c->cap_effective != own->c.cap_effective || c->cap_permitted != own->c.cap_permitted))
		put_capset(t, c->cap_effective, c->cap_permitted, c->cap_inheritable);
	return rc;
}

int creds_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_creds *c = same_rec(rt, &res_task_creds);
	unsigned int ns = image_status(rt->o)->user_ns;
	struct own own;
	int rc;

	if (!c)
		return 0;
	own_creds(&own);
	rc = ns ? put_inside(rs, rt, o, t, c, &own, ns) : put_outside(rs, o, t, c, &own);
	if (!rc && c->no_new_privs && !own.c.no_new_privs)
		tape_call(t, "prctl(PR_SET_NO_NEW_PRIVS)", SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
	return rc;
}

int creds_become(struct restore *rs, struct rtask *rt)
{
	const struct crfs_creds *c = rt ? same_rec(rt, &res_task_creds) : NULL;
	struct crfs_str l = c ? c->groups : (struct crfs_str){ NULL, 0 };
	gid_t *ids = c ? pool_alloc(&rs->im->pool, (c->groups.len + 1) * sizeof(*ids)) : NULL;
	size_t n = 0;
	__u64 g;

	if (!c || !ids)
		return c ? -ENOMEM : -EINVAL;
	while (crfs_list_next(&l, &g))
		ids[n++] = g;
	if (prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS) | SECBIT_NO_SETUID_FIXUP) ||
	    syscall(SYS_setgroups, n, ids) || syscall(SYS_setresgid, c->gid, c->egid, c->sgid) ||
	    syscall(SYS_setresuid, c->uid, c->euid, c->suid))
		return -errno;
	setfsgid(c->fsgid);
	setfsuid(c->fsuid);
	return 0;
}
