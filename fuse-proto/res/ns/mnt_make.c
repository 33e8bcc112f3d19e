// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a mount namespace again: a copy of the mounter's, changed until it has the saved mounts.
 *
 * A saved mount that the mounter's namespace has at the same place stays; what is not in the list
 * goes; what is missing is bound from where it can be seen, or mounted. A root that is not the
 * mounter's is bound, filled, and pivoted to. A proc of a pid namespace that is made too can only be
 * mounted from inside: that, and what is mounted below it, stands on the tape of its init.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/ns/pid.h>
#include <crfs/res/task/status.h>

#include "mnt.h"
#include "ns.h"
#include "res/inode/tmpfs.h"
#include "rooms.h"

#define STRICT(f) ((f) & (MS_NOATIME | MS_RELATIME) ? (f) : (f) | MS_STRICTATIME)

/**
 * struct plan - saved mounts against those that are there
 * @c, @n: the saved ones; @cur: those of the mounter
 * @match: per saved mount its index in @cur, or -1
 * @used: per mount of @cur, whether it stays
 * @later: per saved mount, whether its init mounts it
 * @prefix: where the root is until it is pivoted to, "" if it is the mounter's
 * @put: what is for the init is on its tape
 */
struct plan {
	const struct crfs_mount *c;
	size_t n;
	struct mounts cur;
	int *match;
	bool *used, *later;
	const char *prefix;
	bool pids, put;
};

static bool own_pids(const struct image *im)
{
	size_t i;

	for (i = 0; i < im->nr[IOBJ_NS]; i++)
		if (im->objs[IOBJ_NS][i].room == &res_ns_pid)
			return true;
	return false;
}

static int find(const struct plan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	int up = c->parent ? p->match[c->parent - 1] : -1;
	size_t k;

	if (!str_eq(&c->bind, &c->mountpoint) || (c->parent && up < 0))
		return -1;
	for (k = 0; k < p->cur.nr; k++) {
		const struct crfs_mount *x = &p->cur.v[k].c;

		if (!p->used[k] && str_eq(&x->mountpoint, &c->mountpoint) && (int)x->parent == up + 1)
			return k;
	}
	return -1;
}

static int make_plan(struct image *im, struct iobj *o, int proc, struct plan *p)
{
	size_t i;
	int rc;

	*p = (struct plan){ .prefix = "", .pids = own_pids(im) };
	p->c = image_recs(o, &res_ns_mnt, 0, &p->n);
	rc = mounts_read(proc, "thread-self", &im->pool, &p->cur);
	if (rc)
		return rc;
	p->match = pool_alloc(&im->pool, (p->n + 1) * sizeof(*p->match));
	p->later = pool_alloc(&im->pool, p->n + 1);
	p->used = pool_alloc(&im->pool, p->cur.nr + 1);
	if (!p->match || !p->later || !p->used)
		return -ENOMEM;
	for (i = 0; i < p->n; i++) {
		const struct crfs_mount *c = &p->c[i];

		p->match[i] = find(p, i);
		if (p->match[i] >= 0)
			p->used[p->match[i]] = true;
		else
			p->later[i] = (c->parent && p->later[c->parent - 1]) ||
				      (p->pids && !c->bind.len && str_is(&c->fstype, "proc"));
	}
	if (p->n && p->match[0] < 0)
		p->prefix = pool_strndup(&im->pool, p->c[0].bind.p, p->c[0].bind.len);
	return p->prefix ? 0 : -ENOMEM;
}

static bool well_formed(const struct crfs_mount *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].id != i + 1 || c[i].parent > i || (c[i].parent == 0) != (i == 0) ||
		    !c[i].mountpoint.len || c[i].mountpoint.p[0] != '/' ||
		    memchr(c[i].mountpoint.p, 0, c[i].mountpoint.len) ||
		    (c[i].bind.len && (c[i].bind.p[0] != '/' || memchr(c[i].bind.p, 0, c[i].bind.len))))
			return false;
	return n && str_is(&c[0].mountpoint, "/");
}

static bool exists(struct image *im, const struct crfs_str *path)
{
	char *p = pool_strndup(&im->pool, path->p, path->len);

	return p && !access(p, F_OK);
}

static void check_one(struct image *im, struct iobj *o, const struct crfs_mount *c)
{
	int len = c->mountpoint.len;
	const char *p = c->mountpoint.p;

	if (c->bind.len && str_eq(&c->bind, &c->mountpoint))
		image_mismatch(im, -ENOENT, o->path, "%.*s (%.*s) is not mounted here: mount it", len, p,
			       (int)c->fstype.len, c->fstype.p);
	else if (c->bind.len && !exists(im, &c->bind))
		image_mismatch(im, -ENOENT, o->path, "mount %.*s: %.*s, which it shows, is not here: make it",
			       len, p, (int)c->bind.len, c->bind.p);
	else if (!c->bind.len && (!mnt_makeable(c) || !c->parent))
		image_mismatch(im, -EOPNOTSUPP, o->path, "mount %.*s (%.*s) cannot be made", len, p,
			       (int)c->fstype.len, c->fstype.p);
}

void mnt_check(struct image *im, struct iobj *o)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), rc;
	struct plan p;
	size_t i, n;
	const struct crfs_mount *c = image_recs(o, &res_ns_mnt, 0, &n);

	if (!well_formed(c, n)) {
		image_mismatch(im, -EINVAL, o->path, "its mounts are no tree: see crfs.txt");
		rc = 0;
	} else {
		rc = proc < 0 ? -errno : make_plan(im, o, proc, &p);
		for (i = 0; !rc && i < p.n; i++)
			if (p.match[i] < 0)
				check_one(im, o, &p.c[i]);
	}
	if (rc)
		image_mismatch(im, rc, o->path, "/proc/self/mountinfo");
	if (proc >= 0)
		close(proc);
}

static char *target(struct restore *rs, const struct plan *p, const struct crfs_mount *c)
{
	return pool_printf(&rs->im->pool, "%s%.*s", p->prefix, (int)c->mountpoint.len, c->mountpoint.p);
}

static int oops(struct restore *rs, struct iobj *o, const char *what, const char *where)
{
	return fail_on(rs->err, -errno, o->path, "%s %s", what, where);
}

/* What is not in the list: those mounted last first. */
static int unmount_others(struct restore *rs, struct iobj *o, struct plan *p)
{
	size_t k;

	for (k = p->cur.nr; k-- > 0;) {
		char *at = target(rs, p, &p->cur.v[k].c);

		if (p->used[k] || !p->cur.v[k].c.parent)
			continue;
		if (!at || (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL &&
			    errno != ENOENT))
			return oops(rs, o, "umount", at ? at : "");
	}
	return 0;
}

static int mount_new(struct restore *rs, const struct crfs_mount *c, const char *at)
{
	char *type = pool_strndup(&rs->im->pool, c->fstype.p, c->fstype.len);
	char *source = pool_strndup(&rs->im->pool, c->source.p, c->source.len), *data;
	unsigned long f = mounts_flags(&c->options, NULL);
	int rc;

	if (str_is(&c->fstype, "tmpfs"))	/* it is to be filled first */
		f &= ~MS_RDONLY;
	mounts_flags(&c->super, &data);
	if (!type || !source || !data) {
		free(data);
		errno = ENOMEM;
		return -1;
	}
	rc = mount(source, at, type, STRICT(f), data);
	free(data);
	return rc;
}

/* Before anything is mounted in it. */
static int fill_tmpfs(struct restore *rs, struct iobj *o, const struct crfs_mount *c, const char *at)
{
	int fd = open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;
	unsigned long f = mounts_flags(&c->options, NULL);

	if (fd < 0)
		return oops(rs, o, "opening", at);
	rc = tmpfs_fill(rs, fd, o->id, &c->mountpoint);
	close(fd);
	if (!rc && (f & MS_RDONLY) &&
	    mount(NULL, at, NULL, MS_REMOUNT | STRICT(f) |
		  (mounts_flags(&c->super, NULL) & MS_RDONLY ? 0 : MS_BIND), NULL))
		return oops(rs, o, "remount", at);
	return rc;
}

static int make_one(struct restore *rs, struct iobj *o, struct plan *p, size_t i)
{
	const struct crfs_mount *c = &p->c[i];
	unsigned long f = mounts_flags(&c->options, NULL);
	char *at = target(rs, p, c);
	char *from = c->bind.len ? pool_strndup(&rs->im->pool, c->bind.p, c->bind.len) : NULL;

	if (!at || (c->bind.len && !from))
		return fail_on(rs->err, -ENOMEM, o->path, "mounts");
	if (p->match[i] < 0 && (from ? mount(from, at, NULL, MS_BIND, NULL) : mount_new(rs, c, at)))
		return oops(rs, o, "mount", at);
	if (p->match[i] < 0 && !from && str_is(&c->fstype, "tmpfs"))
		return fill_tmpfs(rs, o, c, at);
	if (p->match[i] >= 0 && mounts_flags(&p->cur.v[p->match[i]].c.options, NULL) == f)
		return 0;
	if ((from || p->match[i] >= 0) &&
	    mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | STRICT(f), NULL))
		return oops(rs, o, "remount", at);
	return 0;
}

static int propagate(struct restore *rs, struct iobj *o, struct plan *p, size_t i, bool slaves)
{
	const struct crfs_mount *c = &p->c[i];
	char *at = target(rs, p, c);

	if (!at)
		return fail_on(rs->err, -ENOMEM, o->path, "mounts");
	if (slaves && !c->master && mount(NULL, at, NULL, MS_PRIVATE, NULL))
		return oops(rs, o, "making private", at);
	if (c->shared && mount(NULL, at, NULL, MS_SHARED, NULL))
		return oops(rs, o, "making shared", at);
	return 0;
}

static int pivot(struct restore *rs, struct iobj *o, struct plan *p)
{
	if (chdir(p->prefix[0] ? p->prefix : "/"))
		return oops(rs, o, "chdir", p->prefix);
	if (!p->prefix[0])
		return 0;
	if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
		return oops(rs, o, "pivot_root", p->prefix);
	return 0;
}

static bool any_slave(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->c[i].master)
			return true;
	return false;
}

int mnt_make(struct restore *rs, struct iobj *o)
{
	struct plan *p = pool_alloc(&rs->im->pool, sizeof(*p));
	bool slaves;
	size_t i;
	int rc = p ? make_plan(rs->im, o, rs->proc, p) : -ENOMEM;

	if (rc)
		return fail_on(rs->err, rc, o->path, "/proc/self/mountinfo");
	o->priv = p;
	slaves = any_slave(p);
	if (unshare(CLONE_NEWNS))
		return oops(rs, o, "unshare(CLONE_NEWNS):", "allow it");
	if (mount(NULL, "/", NULL, MS_REC | (slaves ? MS_SLAVE : MS_PRIVATE), NULL))
		return oops(rs, o, "making private", "/");
	if (!p->prefix[0])
		rc = unmount_others(rs, o, p);
	for (i = 0; i < p->n && !rc; i++)
		if (!p->later[i])
			rc = make_one(rs, o, p, i);
	for (i = 0; i < p->n && !rc; i++)
		if (!p->later[i])
			rc = propagate(rs, o, p, i, slaves);
	return rc ? rc : pivot(rs, o, p);
}

static uint64_t word(struct tape *t, const struct crfs_str *s)
{
	uint64_t at = tape_data(t, NULL, s->len + 1);

	if (!t->full)
		memcpy(tape_local(t, at), s->p, s->len);
	return at;
}

static void tape_mount(struct tape *t, const struct crfs_mount *c)
{
	unsigned long f = mounts_flags(&c->options, NULL);
	char *data = NULL;

	mounts_flags(&c->super, &data);
	if (c->bind.len)
		tape_call(t, "mount(MS_BIND)", SYS_mount, word(t, &c->bind), word(t, &c->mountpoint), 0,
			  MS_BIND, 0);
	else
		tape_call(t, "mount", SYS_mount, word(t, &c->source), word(t, &c->mountpoint),
			  word(t, &c->fstype), STRICT(f), tape_string(t, data ? data : ""));
	if (c->bind.len)
		tape_call(t, "remount", SYS_mount, 0, word(t, &c->mountpoint), 0,
			  MS_REMOUNT | MS_BIND | STRICT(f), 0);
	if (c->shared)
		tape_call(t, "mount(MS_SHARED)", SYS_mount, 0, word(t, &c->mountpoint), 0, MS_SHARED, 0);
	free(data);
}

/* Is @rt the first process of a pid namespace that lies in the mounter's? */
static bool is_init(struct restore *rs, const struct rtask *rt, const struct crfs_task_status *st)
{
	struct iobj *o = st->pid_ns ? image_obj(rs->im, IOBJ_NS, st->pid_ns) : NULL;
	const struct crfs_ns_pid *ns = o ? image_rec(o, &res_ns_pid, 0) : NULL;

	return ns && !ns->parent && ns->init == rt->o->id;
}

int ns_mnt_put(struct restore *rs, struct rtask *rt, struct tape *t)
{
	const struct crfs_task_status *st = rt->o ? image_status(rt->o) : NULL;
	struct iobj *o = st && st->mnt_ns ? image_obj(rs->im, IOBJ_NS, st->mnt_ns) : NULL;
	struct plan *p = o ? o->priv : NULL;
	size_t i;

	if (!p || p->put || !is_init(rs, rt, st))
		return 0;
	p->put = true;
	for (i = 0; i < p->n; i++)
		if (p->later[i])
			tape_mount(t, &p->c[i]);
	return 0;
}

static bool below(const struct crfs_str *path, const struct crfs_str *point)
{
	return path->len >= point->len && !memcmp(path->p, point->p, point->len) &&
	       (path->len == point->len || path->p[point->len] == '/');
}

bool ns_mnt_later(const struct restore *rs, unsigned int id, const struct crfs_str *path)
{
	const struct iobj *o = id ? image_obj(rs->im, IOBJ_NS, id) : NULL;
	const struct plan *p = o && o->room == &res_ns_mnt ? o->priv : NULL;
	size_t i;

	for (i = 0; p && i < p->n; i++)
		if (p->later[i] && below(path, &p->c[i].mountpoint))
			return true;
	return false;
}
