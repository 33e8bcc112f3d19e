// SPDX-License-Identifier: GPL-2.0-or-later
/* The parsed files of two objects: blocks field by field, rows by what their first column says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "diff.h"
#include "field.h"

/** struct side - a section of one of the two: its rows, taken apart */
struct side {
	struct fields *row;
	bool *seen;
	size_t nr;
};

static bool take(struct side *s, const struct crfs_shape *sh, const char *rec, size_t nr)
{
	*s = (struct side){ .row = calloc(nr + 1, sizeof(*s->row)), .seen = calloc(nr + 1, 1) };
	while (s->row && s->seen && s->nr < nr && !fields_of(sh, rec + s->nr * sh->size, &s->row[s->nr]))
		s->nr++;
	return s->nr == nr;
}

static void give_back(struct side *s)
{
	while (s->nr)
		fields_free(&s->row[--s->nr]);
	free(s->row);
	free(s->seen);
}

static bool same(struct crfs_str a, struct crfs_str b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

static void compare_row(struct diff *d, const char *object, const char *prefix,
			const struct crfs_shape *sh, const struct fields *a, const struct fields *b)
{
	char field[256], *old, *new;
	size_t i;

	for (i = 0; i < sh->nr; i++) {
		if (same(a->v[i], b->v[i]))
			continue;
		snprintf(field, sizeof(field), "%s%s", prefix, sh->fields[i].key);
		old = strndup(a->v[i].p, a->v[i].len);
		new = strndup(b->v[i].p, b->v[i].len);
		if (old && new)
			diff_say(d, object, field, old, new);
		free(old);
		free(new);
	}
}

/* The row of the other side with the same first column; the one behind the last is likely it. */
static struct fields *partner(struct side *s, const struct fields *row, size_t *hint)
{
	size_t i, k;

	for (i = 0; i < s->nr; i++) {
		k = (*hint + i) % s->nr;
		if (s->seen[k] || !same(s->row[k].v[0], row->v[0]))
			continue;
		s->seen[k] = true;
		*hint = k + 1;
		return &s->row[k];
	}
	return NULL;
}

static void lone_row(struct diff *d, const char *object, const struct crfs_shape *sh,
		     const struct fields *row, bool added)
{
	char *text = strndup(row->text.w.buf, row->text.w.len ? row->text.w.len - 1 : 0);

	if (text)
		diff_say(d, object, sh->name, added ? NULL : text, added ? text : NULL);
	free(text);
}

static void compare_rows(struct diff *d, const char *object, const struct crfs_shape *sh, struct side *a,
			 struct side *b)
{
	char prefix[256];
	struct fields *other;
	size_t i, hint = 0;

	for (i = 0; i < a->nr; i++) {
		other = partner(b, &a->row[i], &hint);
		snprintf(prefix, sizeof(prefix), "%s[%.*s].", sh->name,
			 (int)(a->row[i].v[0].len < 128 ? a->row[i].v[0].len : 128), a->row[i].v[0].p);
		if (other)
			compare_row(d, object, prefix, sh, &a->row[i], other);
		else
			lone_row(d, object, sh, &a->row[i], false);
	}
	for (i = 0; i < b->nr; i++)
		if (!b->seen[i])
			lone_row(d, object, sh, &b->row[i], true);
}

static void section(struct diff *d, const char *object, const struct crfs_shape *sh, const void *ra,
		    size_t na, const void *rb, size_t nb)
{
	struct side a, b;
	bool ok = take(&a, sh, ra, na);

	if (!take(&b, sh, rb, nb) || !ok)
		fail(&d->err, -ENOMEM, "memory for what is compared");
	else if (sh->layout == CRFS_BLOCK && na && nb)
		compare_row(d, object, "", sh, &a.row[0], &b.row[0]);
	else
		compare_rows(d, object, sh, &a, &b);
	give_back(&a);
	give_back(&b);
}

static const struct irec *of_room(const struct iobj *o, const struct resource *room)
{
	const struct irec *r;

	for (r = o->recs; r && r->room != room; r = r->next)
		;
	return r;
}

/* Objects with a type have one file; the others one for each room. */
static void name_of(const struct iobj *o, const struct resource *room, char *buf, size_t size)
{
	if (o->kind == IOBJ_FILE || o->kind == IOBJ_NS)
		snprintf(buf, size, "%s", o->path);
	else
		snprintf(buf, size, "%s%s%s", o->path, *o->path ? "/" : "",
			 o->kind == IOBJ_INODE ? "status" : room->name);
}

static void compare_room(struct diff *d, const char *object, const struct irec *a, const struct irec *b)
{
	int i;

	for (i = 0; a->room->shapes && a->room->shapes[i]; i++)
		section(d, object, a->room->shapes[i], a->section[i].rec, a->section[i].nr, b->section[i].rec, b->section[i].nr);
}

void diff_files(struct diff *d, const struct iobj *a, const struct iobj *b)
{
	const struct irec *ra, *rb;
	char object[128];

	if (a->common && b->common) {
		name_of(a, a->room, object, sizeof(object));
		section(d, object, a->kind == IOBJ_FILE ? &crfs_file_shape : &crfs_inode_shape,
			a->common, 1, b->common, 1);
		if (a->room != b->room)
			return;		/* its type was said */
	}
	for (ra = a->recs; ra; ra = ra->next) {
		rb = of_room(b, ra->room);
		name_of(a, ra->room, object, sizeof(object));
		if (rb)
			compare_room(d, object, ra, rb);
		else if (!diff_untold(d, true))
			diff_say(d, object, "", "", NULL);
	}
	for (rb = b->recs; rb; rb = rb->next) {
		name_of(b, rb->room, object, sizeof(object));
		if (!of_room(a, rb->room) && !diff_untold(d, false))
			diff_say(d, object, "", NULL, "");
	}
}
