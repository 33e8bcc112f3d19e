// SPDX-License-Identifier: GPL-2.0-or-later
/* The payloads of two objects: memory by range, others as a whole. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "pages.h"

enum what { ALIKE, CHANGED, ADDED, REMOVED };

/** struct extent - of @n, which begins at @start */
struct extent {
	uint64_t start;
	struct node *n;
};

/**
 * struct walk - over the pages of an object, by address
 * @nr: how many extents it has; @at: how many have been taken; @last: the one taken last
 * @extent: all of them, by address; NULL: they are so in the tree
 * @pages: those of the one before; @i: which is next
 */
struct walk {
	struct diff *d;
	const struct iobj *o;
	struct extent *extent, last;
	size_t nr, at, i;
	struct pages pages;
};

static int by_start(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Those of an archive are in order, unless somebody made it otherwise. */
static bool in_order(struct walk *w)
{
	uint64_t start, last = 0;
	struct node *n = NULL;
	bool all = true;

	for (; (n = image_extent(w->o, n, &start)); w->nr++) {
		all &= start >= last;
		last = start;
	}
	return all;
}

static void walk_begin(struct walk *w, struct diff *d, const struct iobj *o)
{
	struct node *n = NULL;
	uint64_t start;
	size_t i;

	*w = (struct walk){ .d = d, .o = o };
	if (in_order(w))
		return;
	w->extent = malloc(w->nr * sizeof(*w->extent));
	if (!w->extent) {
		fail_on(&d->err, -ENOMEM, o->path, "memory for its extents");
		return;
	}
	for (i = 0; i < w->nr && (n = image_extent(o, n, &start)); i++)
		w->extent[i] = (struct extent){ start, n };
	qsort(w->extent, w->nr, sizeof(*w->extent), by_start);
}

static struct extent next_extent(struct walk *w)
{
	if (w->extent)
		return w->extent[w->at++];
	w->at++;
	w->last.n = image_extent(w->o, w->last.n, &w->last.start);
	return w->last;
}

static void walk_end(struct walk *w)
{
	free(w->extent);
	pages_free(&w->pages);
}

/* The next page, which is not passed yet; NULL: there is none, or something is wrong */
static const struct page *peek(struct walk *w)
{
	struct extent x;
	int r;

	while (w->i == w->pages.nr && w->at < w->nr && !w->d->err.code) {
		x = next_extent(w);
		w->i = w->pages.nr = 0;
		r = interrupted(&w->d->err) ?: pages_add(&w->pages, x.n, x.start);
		if (r < 0)
			fail_on(&w->d->err, r, w->o->path, "read its memory");
	}
	return !w->d->err.code && w->i < w->pages.nr ? &w->pages.v[w->i] : NULL;
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

static void compare_pages(struct diff *d, const char *object, struct walk *a, struct walk *b)
{
	uint64_t start = 0, end = 0, at;
	enum what now = ALIKE, what;
	const struct page *x, *y;

	while (x = peek(a), y = peek(b), !d->err.code && (x || y)) {
		if (!y || (x && x->at < y->at))
			what = REMOVED;
		else if (!x || y->at < x->at)
			what = ADDED;
		else
			what = x->sum == y->sum ? ALIKE : CHANGED;
		at = what == ADDED ? y->at : x->at;
		if (what != now || at != end) {
			range(d, object, now, start, end);
			start = at;
			now = what;
		}
		end = at + PAGES_SIZE;
		a->i += what != ADDED;
		b->i += what != REMOVED;
	}
	if (!d->err.code)
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
		if (!other && diff_untold(d, true))
			continue;
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
		if (!is_plain(b, n) || sibling(a, n->name) || diff_untold(d, false))
			continue;
		snprintf(object, sizeof(object), "%s/%s", b->path, n->name);
		snprintf(new, sizeof(new), "%jd bytes", (intmax_t)n->size);
		diff_say(d, object, "", NULL, new);
	}
}

void diff_payloads(struct diff *d, const struct iobj *a, const struct iobj *b)
{
	struct walk x, y;

	if (a->kind == IOBJ_ROOT || a->node->kind != NODE_DIR || b->node->kind != NODE_DIR)
		return;
	compare_plain(d, a, b);
	walk_begin(&x, d, a);
	walk_begin(&y, d, b);
	compare_pages(d, a->path, &x, &y);
	walk_end(&x);
	walk_end(&y);
}
