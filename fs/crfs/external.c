// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stays outside, declared with -o external=NAME=THING: which of the container's files and mounts that is. At a
 * restore the helper gets what was declared, and does with it what the FUSE filesystem does.
 */
#include <linux/fs_context.h>
#include <linux/kdev_t.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <net/af_unix.h>
#include <net/sock.h>

#include <crfs/external.h>

#include "internal.h"
#include "external.h"
#include "res/fd/sock.h"
#include "res/fd/unix_scan.h"

#define EXTERNALS 256	/* anybody who may call fsopen(2) declares them, before he is asked who he is */

int external_take(struct mount_info *mi, struct fs_context *fc, const char *value)
{
	struct crfs_external *e;
	const char *why;
	char *copy;

	if (mi->nr_external == EXTERNALS)
		return invalf(fc, "crfs: external=%s: there are %d already: declare a directory that they are in",
			      value, EXTERNALS);
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	copy = kmemdup_nul(value, strlen(value), GFP_KERNEL_ACCOUNT);
	why = e && copy ? crfs_external_add(copy, e, mi->external) : NULL;
	if (!e || !copy || why) {
		kfree(e);
		kfree(copy);
		return why ? invalf(fc, "crfs: external=%s: %s", value, why) : -ENOMEM;
	}
	mi->external = e;
	mi->nr_external++;
	return 0;
}

void external_free(struct mount_info *mi)
{
	const struct crfs_external *e;

	while ((e = mi->external)) {
		mi->external = e->next;
		kfree(e->name);		/* which the thing is behind */
		kfree(e);
	}
}

/* ---- for the helper ---- */

bool external_links(const struct mount_info *mi)
{
	const struct crfs_external *e = mi->external;

	while (e && !crfs_external_link(e->thing, NULL))
		e = e->next;
	return e;
}

char **external_args(const struct mount_info *mi, const char *const *first)
{
	const struct crfs_external *e;
	size_t n = 0, i;
	char **argv;

	while (first[n])
		n++;
	i = n + mi->nr_external;
	argv = kcalloc(i + 1, sizeof(*argv), GFP_KERNEL_ACCOUNT);
	if (!argv)
		return NULL;
	memcpy(argv, first, n * sizeof(*argv));
	/* As they were declared: the last stands first. */
	for (e = mi->external; e; e = e->next) {
		argv[--i] = kasprintf(GFP_KERNEL_ACCOUNT, "external=%s=%s", e->name, e->thing);
		if (argv[i])
			continue;
		while (argv[++i])
			kfree(argv[i]);
		kfree(argv);
		return NULL;
	}
	return argv;
}

void external_args_end(const struct mount_info *mi, char **argv)
{
	unsigned int i;
	size_t n = 0;

	if (!argv)
		return;
	while (argv[n])
		n++;
	for (i = 0; i < mi->nr_external; i++)
		kfree(argv[--n]);
	kfree(argv);
}

/* ---- which file it is ---- */

static struct crfs_thing thing_of(const struct kstat *st)
{
	return (struct crfs_thing){ .dev = st->dev, .ino = st->ino, .rdev = st->rdev, .mode = st->mode,
				    .major = MAJOR(st->rdev) };
}

static void look_at(struct snap *s, const struct crfs_external *e, struct crfs_thing *at)
{
	struct kstat st;
	struct path path;

	if (place_lookup(s, 0, e->thing, LOOKUP_FOLLOW, &path))
		return;
	if (!snap_tried(s, vfs_getattr(&path, &st, STATX_BASIC_STATS, AT_STATX_DONT_SYNC)))
		*at = thing_of(&st);
	path_put(&path);
}

/* What stands behind each, looked at once a snapshot; with no inode where there is nothing. */
static const struct crfs_thing *looked_at(struct snap *s)
{
	const struct crfs_external *e;
	struct crfs_thing *at;

	if (s->externals || !s->mi->external)
		return s->externals;
	at = snap_alloc(s, s->mi->nr_external * sizeof(*at));
	if (!at)
		return NULL;
	s->externals = at;
	for (e = s->mi->external; e; e = e->next, at++)
		look_at(s, e, at);
	return s->externals;
}

/** struct peer - of a unix socket; @path: what it is bound to, or NULL */
struct peer {
	u64 ino;
	const char *path;
};

static void peer_of(struct snap *s, const struct cfile *f, struct peer *p)
{
	struct sock *sk = file_sock(f, AF_UNIX), *peer = sk ? unix_peer_get(sk) : NULL;
	struct usock *u = sk ? unix_sock_of(s, f) : NULL;
	struct crfs_str name;

	if (u && u->has_peer)
		p->ino = u->peer_ino;
	if (!peer)
		return;
	if (!unix_addr(s, peer, &name) && name.len && *name.p)
		p->path = name.p;	/* ended by a NUL */
	sock_put(peer);
}

const char *external_of(struct snap *s, const struct cfile *f)
{
	const struct crfs_external *e = s->mi->external;
	const struct crfs_thing *at = f->flags & O_PATH ? NULL : looked_at(s);
	struct crfs_thing it = thing_of(&f->st);
	struct peer p = { .ino = 0 };

	if (!at)
		return NULL;
	if (S_ISSOCK(it.mode))
		peer_of(s, f, &p);
	for (; e; e = e->next, at++)
		if (crfs_external_is(e->thing, at, f->link, &it) ||
		    (S_ISSOCK(it.mode) && crfs_external_peer(e->thing, at, &it, p.ino, p.path)))
			return e->name;
	return NULL;
}

int external_bind(struct snap *s, struct crfs_mount *c)
{
	const struct crfs_external *e = c->bind.len ? crfs_external_dir(s->mi->external, &c->bind) : NULL;
	size_t n = e ? strlen(e->thing) : 0;
	char *to;

	if (!e)
		return 0;
	to = snap_printf(s, "@%s%.*s", e->name, (int)(c->bind.len - n), c->bind.p + n);
	if (!to)
		return -ENOMEM;
	c->bind = str_of(to);
	crfs_external_mount(c);
	return 0;
}
