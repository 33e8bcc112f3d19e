// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making user namespaces again, and what belongs to them.
 *
 * One process makes the namespace, another, in the parent of it, writes the maps; both are children of the
 * controller, with its rights and no more. A namespace of another kind belongs to the user namespace
 * that its maker is in: a child goes there and makes it, and the controller, whose rights reach
 * into it, follows.
 *
 * Tasks that are born in a user namespace may not take files from the controller any more
 * (pidfd_getfd(2)): they take them from a child that has the same descriptors and is in there with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/res/ns/user.h>
#include <crfs/res/task/status.h>

#include "proc.h"
#include "rooms.h"
#include "user.h"
#include "user_read.h"

/**
 * struct maker - a child that makes something and then waits to be looked at and killed
 * @told: it has done so: 0 or an errno comes through
 */
struct maker {
	pid_t pid;
	int told;
};

static int begin(struct maker *m)
{
	int pipe[2];

	*m = (struct maker){ .pid = -1, .told = -1 };
	if (pipe2(pipe, O_CLOEXEC))
		return -errno;
	m->pid = fork();
	if (m->pid < 0) {
		close(pipe[0]);
		close(pipe[1]);
		return -errno;
	}
	m->told = m->pid ? pipe[0] : pipe[1];
	close(m->pid ? pipe[1] : pipe[0]);
	return 0;
}

/* It does not outlive the controller; the signal for that is forgotten when ids change. */
static void __attribute__((noreturn)) say(struct maker *m, int rc)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || write(m->told, &rc, sizeof(rc)) != sizeof(rc))
		_exit(1);
	for (;;)
		pause();
}

static int hear(struct maker *m)
{
	int rc = -ECHILD;

	return read(m->told, &rc, sizeof(rc)) == sizeof(rc) ? rc : -ECHILD;
}

static void end(struct maker *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, __WALL);
	}
	if (m->told >= 0)
		close(m->told);
}

static const struct crfs_ns_user *rec(const struct image *im, unsigned int id)
{
	const struct iobj *o = id ? image_obj(im, IOBJ_NS, id) : NULL;

	return o && o->room == &res_ns_user ? image_rec(o, &res_ns_user, 0) : NULL;
}

int user_enter(const struct restore *rs, unsigned int id)
{
	const struct iobj *o = id ? image_obj(rs->im, IOBJ_NS, id) : NULL;

	return o && setns(o->fd, CLONE_NEWUSER) ? -errno : 0;
}

int user_enter_as_root(const struct restore *rs, unsigned int id)
{
	unsigned int uid, gid;
	int rc = user_enter(rs, id);

	if (rc || !id)
		return rc;
	if (user_inside(rs->im, id, true, user_root(rs->im, id, true), &gid) && syscall(SYS_setresgid, gid, gid, gid))
		return -errno;
	if (user_inside(rs->im, id, false, user_root(rs->im, id, false), &uid) &&
	    syscall(SYS_setresuid, uid, uid, uid))
		return -errno;
	return 0;
}

static int write_to(struct restore *rs, pid_t pid, const char *file, const char *text, size_t len)
{
	int fd = proc_open(rs->proc, O_WRONLY, "%d/%s", pid, file), rc = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, len) != (ssize_t)len)
		rc = -errno;
	close(fd);
	return rc;
}

/* The kernel takes what is outside as ids of the parent. */
static int write_map(struct restore *rs, const struct iobj *o, pid_t pid, bool group)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	const struct crfs_id_map *m;
	char text[340 * 36];
	size_t n, i, len = 0;
	unsigned int outside;

	m = image_recs(o, &res_ns_user, group ? 2 : 1, &n);
	for (i = 0; i < n && i < 340; i++) {
		outside = m[i].outside;
		if (c->parent && !user_inside(rs->im, c->parent, group, m[i].outside, &outside))
			return -ERANGE;
		len += snprintf(text + len, sizeof(text) - len, "%u %u %u\n", m[i].inside, outside, m[i].count);
	}
	return n ? write_to(rs, pid, group ? "gid_map" : "uid_map", text, len) : 0;
}

/* In the parent namespace, whose rights the writer of maps must have */
static int write_maps(struct restore *rs, const struct iobj *o, pid_t pid)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	int rc = c->setgroups ? 0 : write_to(rs, pid, "setgroups", "deny", 4);

	if (!rc)
		rc = write_map(rs, o, pid, false);
	return rc ?: write_map(rs, o, pid, true);
}

static int make_it(struct restore *rs, const struct iobj *o)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	unsigned int owner = c->owner, group = 0;

	if (user_enter(rs, c->parent))
		return -errno;
	/* Owner and group must have numbers in the parent; of the group nothing tells. */
	if (c->parent && (!user_inside(rs->im, c->parent, false, c->owner, &owner) ||
			  !user_inside(rs->im, c->parent, true, user_root(rs->im, c->parent, true), &group)))
		return -ERANGE;
	if (c->parent && syscall(SYS_setresgid, -1, group, -1))
		return -errno;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) || syscall(SYS_setresuid, -1, owner, -1) || unshare(CLONE_NEWUSER))
		return -errno;
	return prctl(PR_SET_DUMPABLE, 1) ? -errno : 0;
}

/* The writer: @by has made the namespace. */
static int map_it(struct restore *rs, const struct iobj *o, pid_t by)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	struct maker w;
	int rc = begin(&w);

	if (rc)
		return rc;
	if (!w.pid) {
		rc = user_enter(rs, c->parent);
		say(&w, rc ?: write_maps(rs, o, by));
	}
	rc = hear(&w);
	end(&w);
	return rc;
}

/* In U with the controller's descriptors, until there is nothing left to be taken from there */
static int start_proxy(struct restore *rs, unsigned int id)
{
	struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
	pid_t self = getpid(), pid = syscall(SYS_clone3, &args, sizeof(args));
	int fd, rc = 0;

	if (!pid) {
		if (user_enter(rs, id) || prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
		    getppid() != self)
			_exit(1);
		for (;;)
			pause();
	}
	if (pid < 0)
		return -errno;
	rs->proxy = pid;
	fd = pidfd_open(pid, 0);
	if (fd < 0 || dup3(fd, rs->ctl_fd, O_CLOEXEC) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

void user_proxy_end(struct restore *rs)
{
	if (!rs->proxy)
		return;
	kill(rs->proxy, SIGKILL);
	waitpid(rs->proxy, NULL, __WALL);
	rs->proxy = 0;
}

int user_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	struct iobj *up = c->parent ? image_obj(rs->im, IOBJ_NS, c->parent) : NULL;
	struct maker m;
	int rc;

	if (o->fd >= 0)		/* for one that lies in it */
		return 0;
	rc = up ? user_make(rs, up) : 0;
	if (rc)
		return rc;
	rc = begin(&m);
	if (rc)
		return fail_on(rs->err, rc, o->path, "fork");
	if (!m.pid)
		say(&m, make_it(rs, o));
	rc = hear(&m);
	if (rc)
		fail_on(rs->err, rc, o->path, "unshare(CLONE_NEWUSER): allow user %u to", c->owner);
	else if ((rc = map_it(rs, o, m.pid)))
		fail_on(rs->err, rc, o->path, "writing its maps: mount with the right to all ids in them");
	if (!rc) {
		o->fd = proc_open(rs->proc, O_RDONLY, "%d/ns/user", m.pid);
		rc = o->fd < 0 ? fail_on(rs->err, o->fd, o->path, "keeping it") : 0;
	}
	end(&m);
	if (!rc && user_birth(rs->im) == o->id) {
		rc = start_proxy(rs, o->id);
		if (rc)
			fail_on(rs->err, rc, o->path, "a process to hand out files");
	}
	return rc;
}

int user_unshare(struct restore *rs, const struct iobj *o, const char *kind, int flag)
{
	unsigned int owner = user_owner(rs->im, o->id);
	struct maker m;
	int rc, fd;

	if (!owner)
		return unshare(flag) ? -errno : 0;
	rc = begin(&m);
	if (rc)
		return rc;
	if (!m.pid) {
		rc = user_enter_as_root(rs, owner);
		if (!rc && prctl(PR_SET_DUMPABLE, 1))
			rc = -errno;
		say(&m, rc ?: unshare(flag) ? -errno : 0);
	}
	rc = hear(&m);
	if (!rc) {
		fd = proc_open(rs->proc, O_RDONLY, "%d/ns/%s", m.pid, kind);
		rc = fd < 0 ? fd : setns(fd, flag) ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	end(&m);
	return rc;
}

unsigned int user_owner(const struct image *im, unsigned int id)
{
	const struct crfs_ns_user *c;
	struct crfs_str list;
	__u64 owned;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		c = rec(im, im->objs[IOBJ_NS][i].id);
		for (list = c ? c->owns : (struct crfs_str){ NULL, 0 }; crfs_list_next(&list, &owned);)
			if (owned == id)
				return im->objs[IOBJ_NS][i].id;
	}
	return 0;
}

unsigned int user_birth(const struct image *im)
{
	const struct crfs_task_status *st;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		st = image_status(&im->objs[IOBJ_TASK][i]);
		if (st->tid == 1)	/* the first of the tree's pids: they are a namespace's of its own */
			return st->pid_ns ? user_owner(im, st->pid_ns) : 0;
	}
	return 0;
}

bool user_inside(const struct image *im, unsigned int id, bool group, unsigned int outside, unsigned int *inside)
{
	const struct iobj *o = image_obj(im, IOBJ_NS, id);
	const struct crfs_id_map *m;
	size_t n, i;

	m = o ? image_recs(o, &res_ns_user, group ? 2 : 1, &n) : NULL;
	for (i = 0; m && i < n; i++)
		if (outside >= m[i].outside && outside - m[i].outside < m[i].count) {
			*inside = m[i].inside + (outside - m[i].outside);
			return true;
		}
	return false;
}

unsigned int user_id_there(const struct image *im, unsigned int id, bool group, unsigned int outside)
{
	unsigned int inside;

	return !id ? outside : user_inside(im, id, group, outside, &inside) ? inside : -2U;
}

unsigned int user_root(const struct image *im, unsigned int id, bool group)
{
	const struct iobj *o = image_obj(im, IOBJ_NS, id);
	const struct crfs_id_map *m, *low = NULL;
	size_t n, i;

	m = o ? image_recs(o, &res_ns_user, group ? 2 : 1, &n) : NULL;
	for (i = 0; m && i < n; i++)
		if (!low || m[i].inside < low->inside)
			low = &m[i];
	return low ? low->outside : 0;
}

void user_lend(const struct restore *rs, unsigned int id, struct lent *l)
{
	*l = (struct lent){ .securebits = -1 };
	if (!id)
		return;
	l->securebits = prctl(PR_GET_SECUREBITS);
	prctl(PR_SET_SECUREBITS, l->securebits | SECBIT_NO_SETUID_FIXUP);
	l->gid = getegid();
	l->uid = geteuid();
	syscall(SYS_setresgid, -1, user_root(rs->im, id, true), -1);
	syscall(SYS_setresuid, -1, user_root(rs->im, id, false), -1);
}

void user_return(const struct lent *l)
{
	if (l->securebits < 0)
		return;
	syscall(SYS_setresuid, -1, l->uid, -1);
	syscall(SYS_setresgid, -1, l->gid, -1);
	prctl(PR_SET_SECUREBITS, l->securebits);
}
