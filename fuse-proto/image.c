// SPDX-License-Identifier: GPL-2.0-or-later
/* A parsed tree: finding objects and their records in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/task/status.h>

#include "resource.h"

struct iobj *image_obj(const struct image *im, enum iobj_kind kind, unsigned int id)
{
	size_t lo = 0, hi = im->nr[kind], mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (im->objs[kind][mid].id == id) {
			im->objs[kind][mid].wanted = true;
			return &im->objs[kind][mid];
		}
		if (im->objs[kind][mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static const struct irec *rec_of(const struct iobj *o, const struct resource *room)
{
	const struct irec *r;

	for (r = o->recs; r; r = r->next)
		if (r->room == room)
			return r;
	return NULL;
}

void *image_recs(const struct iobj *o, const struct resource *room, int section, size_t *n)
{
	const struct irec *r = rec_of(o, room);

	*n = r ? r->section[section].nr : 0;
	return *n ? r->section[section].rec : NULL;
}

void *image_rec(const struct iobj *o, const struct resource *room, int section)
{
	const struct irec *r = rec_of(o, room);

	return r && r->section[section].nr ? r->section[section].rec : NULL;
}

const struct crfs_task_status *image_status(const struct iobj *task)
{
	const struct irec *r;

	for (r = task->recs; r; r = r->next)
		if (r->room->scope == PER_THREAD && !strcmp(r->room->name, "status"))
			return r->section[0].nr ? r->section[0].rec : NULL;
	return NULL;
}

void image_mismatch(struct image *im, int code, const char *object, const char *fmt, ...)
{
	struct err e = { .code = 0 };
	char text[sizeof(e.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	errlist_add(im->why, code, object, "%s", text);
}

bool image_belongs(const struct resource *room, const struct iobj *o)
{
	const struct crfs_task_status *st = o->kind == IOBJ_TASK ? image_status(o) : NULL;

	switch (room->scope) {
	case PER_ROOT:
		return o->kind == IOBJ_ROOT;
	case PER_MM:
		return o->kind == IOBJ_MM;
	case PER_THREAD:
		return st && (st->state != CRFS_TASK_ZOMBIE || room->zombies);
	case PER_PROCESS:
		return st && st->state != CRFS_TASK_ZOMBIE && st->tgid == st->tid;
	case PER_SIGHAND:
		return st && st->sighand == o->id;
	case PER_FDTABLE:
		return st && st->files == o->id;
	case PER_FS:
		return st && st->fs == o->id;
	default:
		return false;
	}
}

static bool has(const struct iobj *o, const struct resource *room)
{
	const struct irec *r;

	for (r = o->recs; r && r->room != room; r = r->next)
		;
	return r;
}

/* A directory without files is passed over, whatever its name, and is nobody's file. */
static bool has_file(const struct image *im, const struct iobj *o, const char *name)
{
	const struct node *n = tree_find(im->tree, o->node, name);

	return n && n->kind != NODE_DIR;
}

void image_complete(struct image *im, struct iobj *o)
{
	const struct resource *const *r;
	const struct irec *rec;

	if (o->kind == IOBJ_TASK && !image_status(o)) {
		if (!has_file(im, o, "status"))
			image_mismatch(im, -ENOENT, o->path,
				       "status is missing: copy the checkpoint again");
		return;
	}
	/* What belongs to it is said by its number: with two of them nothing more can be told. */
	if (o->kind == IOBJ_TASK && image_status(o)->tid != o->id) {
		image_mismatch(im, -EINVAL, pool_printf(&im->pool, "%s/status", o->path) ?: o->path,
			       "tid %u is not the number of its directory: " IMAGE_MEND,
			       image_status(o)->tid);
		return;
	}
	for (r = resources; *r; r++)
		if ((*r)->shapes && !(*r)->optional && image_belongs(*r, o) && !has(o, *r) &&
		    !has_file(im, o, (*r)->name))
			image_mismatch(im, -ENOENT, *o->path ? o->path : (*r)->name,
				       "%s is missing: copy the checkpoint again", (*r)->name);
	for (rec = o->recs; rec; rec = rec->next)
		if (!image_belongs(rec->room, o))
			image_mismatch(im, -EINVAL, o->path,
				       "%s belongs to another task, says its status: " IMAGE_MEND,
				       rec->room->name);
}

void image_free(struct image *im)
{
	pool_free(&im->pool);
	memset(im->objs, 0, sizeof(im->objs));
	memset(im->nr, 0, sizeof(im->nr));
}
