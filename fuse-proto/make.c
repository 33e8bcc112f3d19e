// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making what tasks have: namespaces, inodes and open files, each by its room, in the namespaces that it is
 * made in.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fdroom.h"
#include "res/inode/pty.h"
#include "res/ns/home.h"
#include "res/ns/ns.h"
#include "resource.h"
#include "run.h"
#include "sock_net.h"

/* The field @key of the first section of @o's file, if it has such */
static const void *field(const struct iobj *o, const struct resource *room, const char *key)
{
	const struct crfs_shape *sh = room->shapes ? room->shapes[0] : NULL;
	const char *rec = sh ? image_rec(o, room, 0) : NULL;
	size_t i;

	for (i = 0; rec && i < sh->nr; i++)
		if (!strcmp(sh->fields[i].key, key))
			return rec + sh->fields[i].offset;
	return NULL;
}

/* Late are those rooms that need all tasks, and files that are on what is mounted when they do. */
static bool is_late(const struct run *r, const struct iobj *o, const struct resource *room)
{
	const struct crfs_str *path;
	const __u32 *mnt_ns;

	if (room->late || o->kind != IOBJ_FILE)
		return room->late;
	path = field(o, room, "path");
	mnt_ns = field(o, room, "mnt_ns");
	return path && mnt_ns && ns_mnt_later(&r->rs, *mnt_ns, path);
}

/* Objects of IPC are made in their namespace, all others at home: the namespace that an inode has in its first lines */
static int enter_ipc(struct run *r, const struct iobj *o)
{
	const __u32 *ns = o->kind == IOBJ_INODE ? field(o, o->room, "ipc_ns") : NULL;

	return ns ? home_enter(&r->rs, HOME_IPC, *ns) : 0;
}

static int leave_ipc(struct run *r, enum iobj_kind kind)
{
	return kind == IOBJ_INODE ? home_enter(&r->rs, HOME_IPC, home_of(r->rs.im, HOME_IPC)) : 0;
}

static int make_one(struct run *r, struct iobj *o, const struct resource *room, bool late)
{
	int rc;

	if (!room->make || is_late(r, o, room) != late)
		return 0;
	rc = o->kind == IOBJ_FILE ? sock_net_enter(&r->rs, o) : enter_ipc(r, o);
	if (!rc)
		rc = room->make(&r->rs, o);
	return rc ? fail_on(&r->err, rc, o->path, "making it") : 0;
}

static int make_kind(struct run *r, enum iobj_kind kind, bool late)
{
	struct image *im = r->rs.im;
	const struct irec *rec;
	size_t i;
	int rc = 0;

	place_keep(&r->rs, kind == IOBJ_FILE);
	for (i = 0; i < im->nr[kind] && !rc; i++)
		for (rec = im->objs[kind][i].recs; rec && !rc; rec = rec->next)
			rc = make_one(r, &im->objs[kind][i], rec->room, late);
	place_keep(&r->rs, false);
	pty_spares_close(&r->rs);
	return rc ?: kind == IOBJ_FILE ? sock_net_enter(&r->rs, NULL) : leave_ipc(r, kind);
}

int make_join(struct run *r)
{
	const struct resource *const *room;
	int rc = 0;

	for (room = resources; *room && !rc; room++)
		if ((*room)->join)
			rc = (*room)->join(&r->rs);
	return rc ?: sock_net_enter(&r->rs, NULL);
}

/* By the table and not by number: a mount of mqueue is of the IPC namespace that there is. */
static int make_namespaces(struct run *r)
{
	const struct resource *const *room;
	struct image *im = r->rs.im;
	size_t i;
	int rc = home_begin(&r->rs);

	for (room = resources; *room && !rc; room++)
		for (i = 0; i < im->nr[IOBJ_NS] && (*room)->scope == PER_NS && !rc; i++)
			if (im->objs[IOBJ_NS][i].room == *room)
				rc = make_one(r, &im->objs[IOBJ_NS][i], *room, false) ?:
				     home_made(&r->rs, &im->objs[IOBJ_NS][i]);
	r->rs.net = home_of(im, HOME_NET);
	return rc;
}

/* Wherever making them has led: proc_own() is asked from there. */
static int make_and_return(struct run *r, enum iobj_kind kind)
{
	int rc = kind == IOBJ_NS ? make_namespaces(r) : make_kind(r, kind, false);

	return !rc && fchdir(r->rs.proc) ? fail(&r->err, -errno, "fchdir to /proc") : rc;
}

int make_before(struct run *r)
{
	static const enum iobj_kind kinds[] = { IOBJ_ROOT, IOBJ_NS, IOBJ_INODE, IOBJ_MM };
	size_t i;
	int rc = 0;

	for (i = 0; i < 4 && !rc; i++)
		rc = make_and_return(r, kinds[i]);
	return rc;
}

static int finish_kind(struct run *r, enum iobj_kind kind)
{
	struct image *im = r->rs.im;
	struct iobj *o;
	size_t i;
	int rc = 0;

	for (i = 0; i < im->nr[kind] && !rc; i++) {
		o = &im->objs[kind][i];
		if (o->room->finish)
			rc = (kind == IOBJ_FILE ? sock_net_enter(&r->rs, o) : enter_ipc(r, o)) ?: o->room->finish(&r->rs, o);
	}
	return rc ? fail_on(&r->err, rc, im->objs[kind][i - 1].path, "finishing it") :
		    sock_net_enter(&r->rs, NULL) ?: leave_ipc(r, kind);
}

int make_files(struct run *r, bool late)
{
	return make_kind(r, IOBJ_FILE, late);
}

int make_finish(struct run *r)
{
	return finish_kind(r, IOBJ_INODE) ?: finish_kind(r, IOBJ_NS) ?: finish_kind(r, IOBJ_FILE);
}
