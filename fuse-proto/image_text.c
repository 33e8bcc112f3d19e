// SPDX-License-Identifier: GPL-2.0-or-later
/* A file of a staged tree as records: its text, its sections, and what is wrong with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "image_parse.h"
#include "resource.h"

#define TEXT_MAX (1LL << 30)	/* of one file; what is larger is no text */

const char *image_path(struct image *im, const struct node *n)
{
	char buf[4096];
	const char *p = pool_strdup(&im->pool, tree_path(n, im->top, buf, sizeof(buf)));

	return p ? p : n->name;
}

static void misplaced(struct image *im, const struct node *n)
{
	image_mismatch(im, -EINVAL, image_path(im, n),
		       "no such file belongs here: remove it, or use a crfs that knows it");
}

/* Directories in directories, and nothing else; tools have them for what is on its way (rsync). */
static bool hollow(const struct node *n)
{
	const struct node *c;

	if (n->kind != NODE_DIR)
		return false;
	for (c = n->child; c; c = c->next)
		if (!hollow(c))
			return false;
	return true;
}

void image_unknown(struct image *im, const struct node *n)
{
	if (!hollow(n))
		misplaced(im, n);
}

void image_no_memory(struct image *im, const struct node *n)
{
	image_mismatch(im, -ENOMEM, image_path(im, n), "no memory to read it: free some");
}

/* The text of @n, which the reader may write to: a copy in the pool, or itself. */
char *image_text(struct image *im, struct node *n)
{
	return im->spend && n->kind == NODE_TEXT && n->text ? n->text : image_copy(im, n);
}

/* The text of @n as a copy in the pool. */
char *image_copy(struct image *im, struct node *n)
{
	ssize_t got, done = 0;
	char *text;

	if (n->kind == NODE_DIR || n->size > TEXT_MAX) {
		misplaced(im, n);
		return NULL;
	}
	text = pool_alloc(&im->pool, n->size + 1);
	if (!text) {
		image_no_memory(im, n);
		return NULL;
	}
	while (done < n->size) {
		got = node_pread(n, text + done, n->size - done, done);
		if (got <= 0) {
			image_mismatch(im, got ? (int)got : -EIO, image_path(im, n),
				       "reading it: copy the checkpoint again");
			return NULL;
		}
		done += got;
	}
	return text;
}

static void refused(struct image *im, const struct node *n, const struct crfs_reader *r)
{
	if (r->key)
		image_mismatch(im, -EINVAL, image_path(im, n), "line %u: %s \"%s\": " IMAGE_MEND, r->line,
			       r->why, r->key);
	else
		image_mismatch(im, -EINVAL, image_path(im, n), "line %u: %s: " IMAGE_MEND, r->line, r->why);
}

struct rows {
	char *v;
	size_t nr, room;
};

static int grow(struct rows *rows, size_t size)
{
	size_t room = rows->room ? 2 * rows->room : 8;
	char *v = realloc(rows->v, room * size);

	if (!v)
		return -ENOMEM;
	rows->v = v;
	rows->room = room;
	return 0;
}

/* One section: its records as an array in the pool. */
int image_section(struct image *im, struct crfs_reader *r, const struct crfs_shape *s, void **rec,
		   size_t *nr)
{
	struct rows rows = { .v = NULL };
	int rc;

	*nr = 0;
	if (s->optional && r->p == r->end)
		return 0;
	rc = crfs_read_section(r, s);
	while (!rc) {
		if (rows.nr == rows.room && grow(&rows, s->size)) {
			rc = -ENOMEM;
			break;
		}
		memset(rows.v + rows.nr * s->size, 0, s->size);
		rc = crfs_read_rec(r, s, rows.v + rows.nr * s->size);
		if (rc <= 0)
			break;
		rows.nr++;
		rc = 0;
	}
	if (!rc && rows.nr) {
		*rec = pool_alloc(&im->pool, rows.nr * s->size);
		if (*rec)
			memcpy(*rec, rows.v, rows.nr * s->size);
		else
			rc = -ENOMEM;
	}
	if (!rc && s->optional && !rows.nr) {
		r->why = "a section that has no rows";
		r->key = NULL;
		rc = -EINVAL;
	}
	*nr = rc ? 0 : rows.nr;
	free(rows.v);
	return rc;
}

/* The sections of @room, from the reader on. */
static int sections(struct image *im, struct crfs_reader *r, const struct resource *room,
		    struct iobj *o)
{
	struct irec *rec;
	int i, nr = 0, rc = 0;

	while (room->shapes && room->shapes[nr])
		nr++;
	rec = pool_alloc(&im->pool, sizeof(*rec) + nr * sizeof(rec->section[0]));
	if (!rec)
		return -ENOMEM;
	rec->room = room;
	for (i = 0; i < nr && !rc; i++)
		rc = image_section(im, r, room->shapes[i], &rec->section[i].rec, &rec->section[i].nr);
	if (rc)
		return rc;
	rec->next = o->recs;
	o->recs = rec;
	return 0;
}

void image_report(struct image *im, struct node *n, const struct crfs_reader *r, int rc)
{
	if (rc == -EINVAL)
		refused(im, n, r);
	else if (rc)
		image_no_memory(im, n);
}

void image_parse_file(struct image *im, struct node *n, const struct resource *room, struct iobj *o)
{
	struct crfs_reader r;
	char *text = image_text(im, n);

	if (!text)
		return;
	crfs_reader_init(&r, text, n->size);
	image_report(im, n, &r, sections(im, &r, room, o) ?: crfs_read_end(&r));
}

/*
 * One of files/ or inodes/<id>/status, from the reader on: a common section that says whose the others
 * are. Return: all of it was understood
 */
bool image_typed(struct image *im, struct crfs_reader *r, struct node *n, struct iobj *o,
		  enum scope scope, const struct crfs_shape *common)
{
	struct crfs_str *type;
	size_t nr;
	int rc = image_section(im, r, common, &o->common, &nr);

	if (rc) {
		image_report(im, n, r, rc);
		return false;
	}
	type = o->common;	/* the first member of both */
	o->room = resource_find(scope, type->p, type->len);
	if (!o->room) {
		image_mismatch(im, -EINVAL, n == o->node ? o->path : image_path(im, n),
			       "unknown type \"%.*s\": use a crfs that knows it",
			       (int)(type->len < 64 ? type->len : 64), type->p);
		return false;
	}
	rc = sections(im, r, o->room, o);
	image_report(im, n, r, rc);
	return !rc;
}

void image_parse_typed(struct image *im, struct node *n, struct iobj *o, enum scope scope,
			const struct crfs_shape *common)
{
	struct crfs_reader r;
	char *text = image_text(im, n);

	if (!text)
		return;
	crfs_reader_init(&r, text, n->size);
	if (image_typed(im, &r, n, o, scope, common))
		image_report(im, n, &r, crfs_read_end(&r));
}

_Static_assert(offsetof(struct crfs_file, type) == 0, "type");
_Static_assert(offsetof(struct crfs_inode, type) == 0, "type");
