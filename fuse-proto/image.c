// SPDX-License-Identifier: GPL-2.0-or-later
/* A parsed tree: finding objects and their records in it. */
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

	*n = r ? r->nr[section] : 0;
	return *n ? r->rec[section] : NULL;
}

void *image_rec(const struct iobj *o, const struct resource *room, int section)
{
	const struct irec *r = rec_of(o, room);

	return r && r->nr[section] ? r->rec[section] : NULL;
}

const struct crfs_task_status *image_status(const struct iobj *task)
{
	const struct irec *r;

	for (r = task->recs; r; r = r->next)
		if (r->room->scope == PER_THREAD && !strcmp(r->room->name, "status"))
			return r->nr[0] ? r->rec[0] : NULL;
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

void image_free(struct image *im)
{
	pool_free(&im->pool);
	memset(im->objs, 0, sizeof(im->objs));
	memset(im->nr, 0, sizeof(im->nr));
}
