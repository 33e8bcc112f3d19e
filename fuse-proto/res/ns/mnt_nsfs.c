// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounts that show a namespace, and keep it: what ip-netns(8) and `unshare --net=FILE` make.
 *
 * The kernel tells their root as "net:[4026532281]"; in the tree it is the namespace's file in ns/, "/net-2" ("/net-0":
 * that of whoever mounts). If no task is in it, it is the container's by held.c. Made from the descriptor that the
 * controller has of it. Of kinds that are made when tasks are born, or that would hold themselves (mnt), they are
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "held.h"
#include "mnt.h"
#include "proc.h"

static bool is_held(struct snap *s, const struct task *t, const struct crfs_mount *c, const char *kind, ino_t ino)
{
	int fd = proc_open(s->proc, O_RDONLY, "%d/root%.*s", t->tid, (int)c->mountpoint.len, c->mountpoint.p);
	struct stat st;
	bool yes = fd >= 0 && !fstat(fd, &st) && st.st_ino == ino && held_meet(s, kind, ino, fd);

	if (fd >= 0)
		close(fd);
	return yes;
}

bool mnt_nsfs_name(struct snap *s, const struct task *t, struct crfs_mount *c)
{
	const char *end, *kind = crfs_mnt_ns(c->root.p, c->root.len, ":[", &end);
	const ino_t ino = kind ? strtoull(end, NULL, 10) : 0;
	const struct ns *n = kind ? ns_by_ino(s, kind, ino) : NULL;
	char *name;

	if (!kind || (!n && ino != ns_own(s, kind) && !is_held(s, t, c, kind, ino)))
		return false;
	name = pool_printf(&s->pool, "/%s-%u", kind, n ? n->id : 0);
	if (name)
		c->root = (struct crfs_str){ name, strlen(name) };
	return name;
}

/* Its file in ns/. Return: its kind, NULL: it is none */
static const char *which(const struct crfs_mount *c, unsigned int *id)
{
	const char *end, *kind = c->root.len ? crfs_mnt_ns(c->root.p + 1, c->root.len - 1, "-", &end) : NULL;
	char text[16];
	size_t n = kind ? c->root.p + c->root.len - end : 0;
	char *stop;

	if (!kind || n >= sizeof(text))
		return NULL;
	memcpy(text, end, n);
	text[n] = '\0';
	*id = strtoul(text, &stop, 10);
	return *stop ? NULL : kind;
}

bool mnt_nsfs_known(const struct image *im, const struct crfs_mount *c)
{
	unsigned int id = 0;
	const char *kind = which(c, &id);
	const struct iobj *o = kind && id ? image_obj(im, IOBJ_NS, id) : NULL;

	return kind && (!id || (o && !strcmp(o->room->name, kind)));
}

int mnt_nsfs_new(struct restore *rs, const struct crfs_mount *c)
{
	unsigned int id = 0;
	const char *kind = which(c, &id);
	const struct iobj *o = kind && id ? image_obj(rs->im, IOBJ_NS, id) : NULL;
	int fd, tree;

	if (!kind || (id && (!o || o->fd < 0)))
		return -ENOENT;
	fd = o ? proc_open(rs->proc, O_RDONLY, "thread-self/fd/%d", o->fd) :
		 proc_open(rs->proc, O_RDONLY, "%d/ns/%s", getppid(), kind);
	if (fd < 0)
		return fd;
	tree = mnt_clone(fd);
	if (tree < 0)
		tree = -errno;
	close(fd);
	return tree;
}
