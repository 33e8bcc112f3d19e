// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stays outside, declared with -o external=NAME=THING, one notation for everything.
 *
 * At a checkpoint the thing tells which of the container's files is meant, at a restore what takes its
 * place; the tree has the name alone, so that it does not change with the things.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
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

#define NAME_MAX_LEN 64

/* "pipe:[123]" or "socket:[123]" */
static bool is_link(const char *thing)
{
	unsigned long ino;
	int n = 0;

	return (sscanf(thing, "pipe:[%lu]%n", &ino, &n) == 1 ||
		sscanf(thing, "socket:[%lu]%n", &ino, &n) == 1) && n && !thing[n];
}

size_t external_link(const char *thing, const char **ifname)
{
	const char *name, *bridge;
	size_t n;

	if (!thing || strncmp(thing, "link:", strlen("link:")))
		return 0;
	name = thing + strlen("link:");
	n = strcspn(name, "@/ :");
	bridge = name[n] == '@' ? name + n + 1 : "-";
	if (!n || n >= IFNAMSIZ || (name[n] && name[n] != '@') || !*bridge || strlen(bridge) >= IFNAMSIZ ||
	    strpbrk(bridge, "/ :"))
		return 0;
	if (ifname)
		*ifname = name;
	return n;
}

const char *external_parse(char *arg, struct external *e)
{
	char *eq = strchr(arg, '='), *p;

	if (!eq || eq == arg)
		return "not of the form NAME=THING";
	for (p = arg; p < eq; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return "the name has other characters than letters, digits, '.', '_' and '-'";
	if (eq - arg > NAME_MAX_LEN)
		return "the name is too long";
	if (eq[1] != '/' && !is_link(eq + 1) && !external_link(eq + 1, NULL))
		return "the thing is neither an absolute path nor pipe:[N] nor socket:[N] nor link:IFNAME";
	*eq = '\0';
	e->name = arg;
	e->thing = eq + 1;
	return NULL;
}

const char *external_thing(const struct options *opts, const struct crfs_str *name)
{
	const struct external *e;

	for (e = opts->external; e; e = e->next)
		if (strlen(e->name) == name->len && !memcmp(e->name, name->p, name->len))
			return e->thing;
	return NULL;
}

int external_stat(const char *thing, struct stat *st)
{
	return stat(thing, st) < 0 ? -errno : 0;
}

/* What stands behind each, looked at once a snapshot; with no inode where there is nothing. */
static struct stat *looked_at(struct snap *s)
{
	const struct external *e;
	size_t n = 0;

	if (s->externals)
		return s->externals;
	for (e = s->opts->external; e; e = e->next)
		n++;
	s->externals = pool_alloc(&s->scratch, (n + 1) * sizeof(struct stat));
	for (e = s->opts->external, n = 0; e && s->externals; e = e->next, n++)
		if (external_stat(e->thing, &s->externals[n]) < 0)
			s->externals[n] = (struct stat){ .st_ino = 0 };
	return s->externals;
}

/* A socket is known by itself, by its peer, or by the name of that. */
static bool is_peer(struct snap *s, const struct file *f, const char *thing, const struct stat *st)
{
	struct usock *u = unix_sock(s, f);
	unsigned long ino = S_ISSOCK(st->st_mode) ? st->st_ino : 0;
	struct sockaddr_un a = { .sun_family = 0 };
	socklen_t len = sizeof(a);

	sscanf(thing, "socket:[%lu]", &ino);
	if (u && u->known && u->diag.has_peer && u->diag.peer && u->diag.peer == ino)
		return true;
	return !getpeername(f->dup, (struct sockaddr *)&a, &len) && a.sun_family == AF_UNIX &&
	       len > sizeof(a.sun_family) && len < sizeof(a) && !strcmp(a.sun_path, thing);
}

static bool is_terminal(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) >= 136 && major(st->st_rdev) <= 143;
}

static bool is_it(struct snap *s, const struct file *f, const char *thing, const struct stat *st)
{
	if (!strcmp(f->link, thing) && is_link(thing))
		return true;
	if (S_ISSOCK(f->st.st_mode) && is_peer(s, f, thing, st))
		return true;
	if (!st->st_ino)
		return false;
	if (st->st_dev == f->st.st_dev && st->st_ino == f->st.st_ino)
		return true;
	return (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) && (st->st_mode & S_IFMT) == (f->st.st_mode & S_IFMT) &&
	       st->st_rdev == f->st.st_rdev && !is_terminal(st);
}

const char *external_of(struct snap *s, const struct file *f)
{
	const struct external *e = s->opts->external;
	struct stat *st = e && !(f->flags & O_PATH) ? looked_at(s) : NULL;

	for (; e && st; e = e->next, st++)
		if (is_it(s, f, e->thing, st))
			return e->name;
	return NULL;
}

/* Is @path what @dir is, or in it? */
static bool below(const struct crfs_str *path, const char *dir)
{
	size_t n = strlen(dir);

	return path->len >= n && !memcmp(path->p, dir, n) && (path->len == n || path->p[n] == '/');
}

struct crfs_str external_bind(struct snap *s, const struct crfs_str *path)
{
	const struct external *e, *best = NULL;
	char *to;

	for (e = s->opts->external; e; e = e->next)
		if (below(path, e->thing) && (!best || strlen(best->thing) < strlen(e->thing)))
			best = e;
	if (!best)
		return *path;
	to = pool_printf(&s->pool, "@%s%.*s", best->name, (int)(path->len - strlen(best->thing)),
			 path->p + strlen(best->thing));
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
	const struct external *e;
	char what[NAME_MAX_LEN + 16];

	for (e = im->opts->external; e; e = e->next) {
		if (file_has(im, e->name) || mount_has(im, e->name) || net_has(im, e->name))
			continue;
		snprintf(what, sizeof(what), "external %s", e->name);
		image_mismatch(im, -EINVAL, pool_strdup(&im->pool, what) ?: "external",
			       "nothing in the checkpoint is called so: mount without it");
	}
}
