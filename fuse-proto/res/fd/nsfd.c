// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces as descriptors, of those that the container's tasks are in: /proc/<pid>/ns/<kind>.
 *
 * From the link that /proc shows, whose number identifies a namespace. One that no task is in is the container's
 * if nobody else has it (res/ns/held.c), else refused; and so is one that was not opened but got by an ioctl(2) or
 * from a listing, which lacks O_LARGEFILE, as an open cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <crfs/res/fd/nsfd.h>
#include <crfs/res/task/status.h>

#include "fdroom.h"
#include "proc.h"
#include "res/ns/held.h"
#include "res/ns/home.h"
#include "res/ns/ns.h"
#include "res/task/timens.h"
#include "rooms.h"

#define LARGEFILE 0100000

static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts", NULL };

static const char *kind_of(const char *p, size_t len)
{
	int i;

	for (i = 0; kinds[i]; i++)
		if (strlen(kinds[i]) == len && !memcmp(kinds[i], p, len))
			return kinds[i];
	return NULL;
}

static bool nsfd_match(const struct file *f)
{
	const char *p = strstr(f->link, ":[");
	struct statfs fs;

	return S_ISREG(f->st.st_mode) && !(f->flags & O_PATH) && p && kind_of(f->link, p - f->link) &&
	       fstatfs(f->dup, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

static uint64_t own_ino(struct snap *s, const char *kind)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "self/ns/%s", kind);
	return fstatat(s->proc, name, &st, 0) < 0 ? 0 : st.st_ino;
}

static int nsfd_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_nsfd r = { .ns = 0 };
	struct file *f = obj;
	const char *kind = kind_of(f->link, strcspn(f->link, ":"));
	const struct ns *n = ns_by_ino(s, kind, f->st.st_ino);

	if (n)
		r.ns = n->id;
	if (own_ino(s, kind) != f->st.st_ino && !r.ns && !held_meet(s, kind, f->st.st_ino, f->dup))
		snap_unsupported(s, -EXDEV, file_obj(s, f), "%s is a namespace that no task of the "
				 "container is in: let the program close it", f->link);
	if (!(f->flags & LARGEFILE))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s was not opened by a path, which cannot "
				 "be carried: let the program close it", f->link);
	r.kind = (struct crfs_str){ kind, strlen(kind) };
	text_section(out, &crfs_fd_nsfd_shape);
	text_rec(out, &crfs_fd_nsfd_shape, &r);
	return 0;
}

static void nsfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_nsfd *r = image_rec(o, &res_fd_nsfd, 0);
	const char *kind = r ? kind_of(r->kind.p, r->kind.len) : NULL;
	const struct iobj *n = r && r->ns ? image_obj(im, IOBJ_NS, r->ns) : NULL;

	if (r && !kind)
		image_mismatch(im, -EINVAL, o->path, "kind %.*s: there is no such namespace", r->kind.len,
			       r->kind.p);
	else if (r && r->ns && (!n || strcmp(n->room->name, kind)))
		image_mismatch(im, -EINVAL, o->path, "ns/%s-%u is not there", kind, r->ns);
}

static bool is_in(const struct restore *rs, const struct rtask *rt, const char *kind, unsigned int ns)
{
	const struct crfs_task_status *st = image_status(rt->o);
	const struct iobj *o;
	int i;

	if (!strcmp(kind, "time")) {
		o = timens_of(rs->im, rt);
		return (o ? o->id : 0) == ns;
	}
	if (!strcmp(kind, "pid"))
		return st->pid_ns == ns;
	for (i = 0; i < NR_HOME; i++)
		if (!strcmp(kind, home_name(i)))
			return home_id(st, i) == ns;
	return false;
}

/* A task that is in it; or, of the mounter's, the front end, as we have moved ourselves. */
static pid_t who_is_in(const struct restore *rs, const char *kind, unsigned int ns)
{
	size_t i;

	if (!ns)
		return getppid();
	for (i = 0; i < rs->nr_tasks; i++)
		if (!rs->tasks[i].zombie && !rs->tasks[i].helper &&
		    is_in(rs, &rs->tasks[i], kind, ns))
			return rs->tasks[i].pid;
	return -1;
}

/* What no task is in the controller has made, and keeps; into user namespaces tasks go later. */
static int open_it(struct restore *rs, const char *kind, unsigned int ns)
{
	const struct iobj *n = ns ? image_obj(rs->im, IOBJ_NS, ns) : NULL;
	pid_t pid = ns && !strcmp(kind, "user") ? -1 : who_is_in(rs, kind, ns);

	if (pid >= 0)
		return proc_open(rs->proc, O_RDONLY, "%d/ns/%s", pid, kind);
	return n && n->fd >= 0 ? proc_open(rs->proc, O_RDONLY, "thread-self/fd/%d", n->fd) : -ESRCH;
}

static int nsfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_nsfd *r = image_rec(o, &res_fd_nsfd, 0);
	const char *kind = kind_of(r->kind.p, r->kind.len);
	int fd = open_it(rs, kind, r->ns);

	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening namespace %s %u", kind, r->ns);
	return file_made(rs, o, fd);
}

const struct resource res_fd_nsfd = {
	.name = "nsfd",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_nsfd_shape, NULL },
	.match = nsfd_match,
	.read = nsfd_read,
	.check = nsfd_check,
	.make = nsfd_make,
};
