// SPDX-License-Identifier: GPL-2.0-or-later
/* The payloads of two objects: memory by range, others as a whole. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "pages.h"

enum what { ALIKE, CHANGED, ADDED, REMOVED };

static int collect(struct diff *d, const struct iobj *o, struct pages *p)
{
	struct node *x = NULL;
	uint64_t start;
	int r = 0;

	*p = (struct pages){ .v = NULL };
	while (!r && !(r = interrupted(&d->err)) && (x = image_extent(o, x, &start)))
		r = pages_add(p, x, start);
	pages_sort(p);
	return r < 0 ? fail_on(&d->err, r, o->path, "read its memory") : 0;
}

static void range(struct diff *d, const char *object, enum what what, uint64_t start, uint64_t end)
{
	char field[64], bytes[32];

	if (what == ALIKE)
		return;
	snprintf(field, sizeof(field), "0x%" PRIx64 "-0x%" PRIx64, start, end);
	snprintf(bytes, sizeof(bytes), "%" PRIu64 " bytes", end - start);
	diff_say(d, object, field, what == ADDED ? NULL : bytes,
		 what == REMOVED ? NULL : what == CHANGED ? "other bytes" : bytes);
}

static void compare_pages(struct diff *d, const char *object, const struct pages *a, const struct pages *b)
{
	uint64_t start = 0, end = 0, at;
	enum what now = ALIKE, what;
	size_t i = 0, k = 0;

	while (i < a->nr || k < b->nr) {
		if (k == b->nr || (i < a->nr && a->v[i].at < b->v[k].at))
			what = REMOVED;
		else if (i == a->nr || b->v[k].at < a->v[i].at)
			what = ADDED;
		else
			what = a->v[i].sum == b->v[k].sum ? ALIKE : CHANGED;
		at = what == ADDED ? b->v[k].at : a->v[i].at;
		if (what != now || at != end) {
			range(d, object, now, start, end);
			start = at;
			now = what;
		}
		end = at + PAGES_SIZE;
		i += what != ADDED;
		k += what != REMOVED;
	}
	range(d, object, now, start, end);
}

/* Is it a file of its own, not parsed and no extent: registers, queues? */
static bool is_plain(const struct iobj *o, const struct node *n)
{
	const struct irec *r;

	if (n->kind == NODE_DIR || (o->kind == IOBJ_INODE && !strcmp(n->name, "status")))
		return false;
	for (r = o->recs; r; r = r->next)
		if (!strcmp(r->room->name, n->name))
			return false;
	return true;
}

static struct node *sibling(const struct iobj *o, const char *name)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (!strcmp(n->name, name))
			return n;
	return NULL;
}

static bool is_same(struct diff *d, const char *object, struct node *a, struct node *b)
{
	struct pages x = { .v = NULL }, y = { .v = NULL };
	bool same = a->size == b->size;
	size_t i;
	int r = same ? pages_add(&x, a, 0) : 0;

	if (!r && same)
		r = pages_add(&y, b, 0);
	if (r < 0)
		fail_on(&d->err, r, object, "read it");
	for (i = 0; !r && same && i < x.nr && i < y.nr; i++)
		same = x.v[i].sum == y.v[i].sum;
	pages_free(&x);
	pages_free(&y);
	return same;
}

static void compare_plain(struct diff *d, const struct iobj *a, const struct iobj *b)
{
	char object[512], old[32], new[32];
	struct node *n, *other;

	for (n = a->node->child; n && !d->err.code; n = n->next) {
		if (!is_plain(a, n))
			continue;
		other = sibling(b, n->name);
		snprintf(object, sizeof(object), "%s/%s", a->path, n->name);
		snprintf(old, sizeof(old), "%jd bytes", (intmax_t)n->size);
		if (!other) {
			diff_say(d, object, "", old, NULL);
		} else if (!is_same(d, object, n, other)) {
			snprintf(new, sizeof(new), "%jd other bytes", (intmax_t)other->size);
			diff_say(d, object, "", old, new);
		}
	}
	for (n = b->node->child; n && !d->err.code; n = n->next) {
		if (!is_plain(b, n) || sibling(a, n->name))
			continue;
		snprintf(object, sizeof(object), "%s/%s", b->path, n->name);
		snprintf(new, sizeof(new), "%jd bytes", (intmax_t)n->size);
		diff_say(d, object, "", NULL, new);
	}
}

void diff_payloads(struct diff *d, const struct iobj *a, const struct iobj *b)
{
	struct pages x, y = { .v = NULL };
	int r;

	if (a->kind == IOBJ_ROOT || a->node->kind != NODE_DIR || b->node->kind != NODE_DIR)
		return;
	compare_plain(d, a, b);
	r = collect(d, a, &x);
	if (!r)
		r = collect(d, b, &y);
	if (!r)
		compare_pages(d, a->path, &x, &y);
	pages_free(&x);
	pages_free(&y);
}
