// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stays outside, declared with -o external=NAME=THING, one notation for everything.
 *
 * At a checkpoint the thing tells which of the container's files is meant, at a restore what takes its
 * place; the tree has the name alone, so that it does not change with the things.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <crfs/res/fd/external.h>
#include <crfs/res/ns/mnt.h>

#include "external.h"
#include "fdroom.h"
#include "proc.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "unix_scan.h"

const char *external_add(struct options *opts, const char *arg)
{
	struct crfs_external *e = calloc(1, sizeof(*e));
	char *copy = strdup(arg);
	const char *why = e && copy ? crfs_external_add(copy, e, opts->external) : "no memory";

	if (why) {
		free(e);
		free(copy);
		return why;
	}
	opts->external = e;
	return NULL;
}

const char *external_thing(const struct options *opts, const struct crfs_str *name)
{
	const struct crfs_external *e;

	for (e = opts->external; e; e = e->next)
		if (strlen(e->name) == name->len && !memcmp(e->name, name->p, name->len))
			return e->thing;
	return NULL;
}

int external_stat(const char *thing, struct stat *st)
{
	return stat(thing, st) < 0 ? -errno : 0;
}

static struct crfs_thing thing_of(const struct stat *st)
{
	return (struct crfs_thing){ .dev = st->st_dev, .ino = st->st_ino, .rdev = st->st_rdev, .mode = st->st_mode,
				    .major = major(st->st_rdev) };
}

/* What stands behind each, looked at once a snapshot; with no inode where there is nothing. */
static struct crfs_thing *looked_at(struct snap *s)
{
	const struct crfs_external *e;
	struct stat st;
	size_t n = 0;

	if (s->externals)
		return s->externals;
	for (e = s->opts->external; e; e = e->next)
		n++;
	s->externals = pool_alloc(&s->scratch, (n + 1) * sizeof(*s->externals));
	for (e = s->opts->external, n = 0; e && s->externals; e = e->next, n++)
		s->externals[n] = external_stat(e->thing, &st) < 0 ? (struct crfs_thing){ .ino = 0 } : thing_of(&st);
	return s->externals;
}

/* A socket is known by itself, by its peer, or by the name of that. */
static bool is_peer(struct snap *s, const struct file *f, const char *thing, const struct crfs_thing *at)
{
	const struct crfs_thing it = thing_of(&f->st);
	struct usock *u = unix_sock(s, f);
	struct { struct sockaddr_un a; char end[2]; } name = { .end = "" };	/* a path may fill it, and is longer by a NUL */
	socklen_t len = sizeof(name);
	bool named = !getpeername(f->dup, (struct sockaddr *)&name, &len) && name.a.sun_family == AF_UNIX &&
		     len > sizeof(name.a.sun_family) && *name.a.sun_path;

	return crfs_external_peer(thing, at, &it, u && u->known && u->diag.has_peer ? u->diag.peer : 0,
				  named ? name.a.sun_path : NULL);
}

const char *external_of(struct snap *s, const struct file *f)
{
	const struct crfs_external *e = s->opts->external;
	const struct crfs_thing *at = e && !(f->flags & O_PATH) ? looked_at(s) : NULL;
	struct crfs_thing it = thing_of(&f->st);

	for (; e && at; e = e->next, at++)
		if (crfs_external_is(e->thing, at, f->link, &it) ||
		    (S_ISSOCK(it.mode) && is_peer(s, f, e->thing, at)))
			return e->name;
	return NULL;
}

__u8 external_kind(const struct file *f)
{
	const struct crfs_thing it = thing_of(&f->st);

	return S_ISSOCK(it.mode) ? crfs_external_socket_kind(f->sock.domain, f->sock.type) :
				   crfs_external_kind(&it, S_ISCHR(it.mode) && isatty(f->dup));
}

struct crfs_str external_bind(struct snap *s, const struct crfs_str *path)
{
	const struct crfs_external *e = crfs_external_dir(s->opts->external, path);
	char *to;

	if (!e)
		return *path;
	to = pool_printf(&s->pool, "@%s%.*s", e->name, (int)(path->len - strlen(e->thing)),
			 path->p + strlen(e->thing));
	return to ? (struct crfs_str){ to, strlen(to) } : *path;
}

struct crfs_str external_path(struct image *im, const struct crfs_str *path)
{
	struct crfs_str name = { path->p + 1, 0 };
	const char *thing;
	char *to;

	if (!path->len || *path->p != '@')
		return *path;
	while (name.len + 1 < path->len && name.p[name.len] != '/')
		name.len++;
	thing = external_thing(im->opts, &name);
	to = thing && *thing == '/' ? pool_printf(&im->pool, "%s%.*s", thing,
						  (int)(path->len - 1 - name.len), name.p + name.len) : NULL;
	return to ? (struct crfs_str){ to, strlen(to) } : (struct crfs_str){ NULL, 0 };
}

static int take(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), got;

	if (pidfd < 0)
		return -errno;
	got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	got = got < 0 ? -errno : got;
	close(pidfd);
	return got;
}

int external_open(struct restore *rs, const char *thing, bool *given)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int pid, fd, n = 0, root;

	*given = sscanf(thing, "/proc/%d/fd/%d%n", &pid, &fd, &n) == 2 && !thing[n];
	if (*given)
		return take(pid, fd);
	root = place_front_root(rs);
	if (root < 0)
		return root;
	fd = syscall(SYS_openat2, root, thing, &how, sizeof(how));
	fd = fd < 0 ? -errno : fd;
	close(root);
	return fd;
}

static bool mount_has(const struct image *im, const char *name)
{
	const struct crfs_mount *m;
	size_t i, k, n, len = strlen(name);

	for (i = 0; i < im->nr[IOBJ_NS]; i++) {
		if (im->objs[IOBJ_NS][i].room != &res_ns_mnt)
			continue;
		m = image_recs(&im->objs[IOBJ_NS][i], &res_ns_mnt, 0, &n);
		for (k = 0; k < n; k++)
			if (m[k].bind.len > len && *m[k].bind.p == '@' &&
			    !memcmp(m[k].bind.p + 1, name, len) &&
			    (m[k].bind.len == len + 1 || m[k].bind.p[len + 1] == '/'))
				return true;
	}
	return false;
}

static bool file_has(const struct image *im, const char *name)
{
	const struct crfs_fd_external *r;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		if (im->objs[IOBJ_FILE][i].room != &res_fd_external)
			continue;
		r = image_rec(&im->objs[IOBJ_FILE][i], &res_fd_external, 0);
		if (r && r->name.len == strlen(name) && !memcmp(r->name.p, name, r->name.len))
			return true;
	}
	return false;
}

static bool net_has(const struct image *im, const char *name)
{
	size_t i;

	for (i = 0; i < im->nr[IOBJ_NS]; i++)
		if (im->objs[IOBJ_NS][i].room == &res_ns_net && link_has_external(&im->objs[IOBJ_NS][i], name))
			return true;
	return false;
}

void external_check_names(struct image *im)
{
	const struct crfs_external *e;
	char what[96];

	for (e = im->opts->external; e; e = e->next) {
		if (file_has(im, e->name) || mount_has(im, e->name) || net_has(im, e->name))
			continue;
		snprintf(what, sizeof(what), "external %s", e->name);
		image_mismatch(im, -EINVAL, pool_strdup(&im->pool, what) ?: "external",
			       "nothing in the checkpoint is called so: mount without it");
	}
}
