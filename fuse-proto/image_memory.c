// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of a task as its checkpoint has it, wherever in the tree that stands.
 *
 * Private pages are extents of the address space, or of the one that it was forked from (the fourth
 * section of maps); shared ones are extents of an inode. What is in neither was never written: it is
 * what the mapped file has, or zeros.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/mm/maps.h>

#include "image_memory.h"
#include "rooms.h"

#define COW_DEPTH 64

/** struct extents - those of an object, by address */
struct extents {
	const struct iobj *o;
	struct extent {
		uint64_t start;
		struct node *n;
	} *v;
	size_t nr;
	struct extents *next;
};

/** struct imem - @known: those that somebody has asked for; @failed: there was no memory for more */
struct imem {
	const struct image *im;
	struct extents *known;
	bool failed;
};

static struct node *pages_of(const struct iobj *o)
{
	struct node *n = o->node->kind == NODE_DIR ? o->node->child : NULL;

	while (n && (n->kind != NODE_DIR || strcmp(n->name, "pages")))
		n = n->next;
	return n;
}

struct node *image_extent(const struct iobj *o, struct node *n, uint64_t *start)
{
	struct node *dir = n ? NULL : pages_of(o);

	n = n ? n->next : dir ? dir->child : NULL;
	while (n && n->kind == NODE_DIR)
		n = n->next;
	if (n)
		*start = strtoull(n->name, NULL, 16);
	return n;
}

struct imem *imem_new(const struct image *im)
{
	struct imem *m = calloc(1, sizeof(*m));

	if (m)
		m->im = im;
	return m;
}

void imem_free(struct imem *m)
{
	struct extents *x;

	while (m && (x = m->known)) {
		m->known = x->next;
		free(x->v);
		free(x);
	}
	free(m);
}

bool imem_failed(const struct imem *m)
{
	return m->failed;
}

static int by_start(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static const struct extents *extents_of(struct imem *m, const struct iobj *o)
{
	struct extents *x = m->known;
	struct node *n = NULL;
	uint64_t start;

	while (x && x->o != o)
		x = x->next;
	if (x)
		return x;
	x = calloc(1, sizeof(*x));
	m->failed |= !x;
	if (!x)
		return NULL;
	x->o = o;
	while ((n = image_extent(o, n, &start)))
		x->nr++;
	x->v = calloc(x->nr ? x->nr : 1, sizeof(*x->v));
	m->failed |= !x->v;
	for (x->nr = 0, n = NULL; x->v && (n = image_extent(o, n, &start)); x->nr++)
		x->v[x->nr] = (struct extent){ start, n };
	if (x->nr)
		qsort(x->v, x->nr, sizeof(*x->v), by_start);
	x->next = m->known;
	m->known = x;
	return x;
}

/* In the extents of @o, of which the one that begins last before @at is meant. */
static uint64_t in_extents(struct imem *m, const struct iobj *o, uint64_t at, uint64_t end, struct node **n,
			   off_t *off)
{
	const struct extents *x = extents_of(m, o);
	size_t lo = 0, hi = x ? x->nr : 0, mid;
	uint64_t stop;

	*n = NULL;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (x->v[mid].start <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (x && lo < x->nr && x->v[lo].start < end)
		end = x->v[lo].start;
	if (!lo)
		return end;
	stop = x->v[lo - 1].start + x->v[lo - 1].n->size;
	if (at >= stop)
		return end;
	*n = x->v[lo - 1].n;
	*off = at - x->v[lo - 1].start;
	return end < stop ? end : stop;
}

static const struct crfs_vma *vma_of(const struct iobj *mm, uint64_t at)
{
	size_t n, lo = 0, mid;
	const struct crfs_vma *v = image_recs(mm, &res_mm_maps, 0, &n);

	while (lo < n) {
		mid = (lo + n) / 2;
		if (v[mid].end <= at)
			lo = mid + 1;
		else if (v[mid].start > at)
			n = mid;
		else
			return &v[mid];
	}
	return NULL;
}

/* Inodes without extents are small, and are all in one file (the vdso's image). */
static uint64_t in_inode(struct imem *m, const struct iobj *o, uint64_t at, uint64_t end, struct node **n,
			 off_t *off)
{
	struct node *x;

	end = in_extents(m, o, at, end, n, off);
	for (x = *n || o->node->kind != NODE_DIR ? NULL : o->node->child; x; x = x->next) {
		if (strcmp(x->name, "data") || at >= (uint64_t)x->size)
			continue;
		*n = x;
		*off = at;
		return end < (uint64_t)x->size ? end : (uint64_t)x->size;
	}
	return end;
}

/* The address space that has these pages since both were one process; @end: where that may change. */
static const struct iobj *shared_with(const struct imem *m, const struct iobj *mm, uint64_t at, uint64_t *end)
{
	size_t i, n;
	const struct crfs_cow *c = image_recs(mm, &res_mm_maps, 3, &n);

	for (i = 0; i < n; i++) {
		if (c[i].start <= at && at < c[i].end) {
			*end = *end < c[i].end ? *end : c[i].end;
			return image_obj(m->im, IOBJ_MM, c[i].mm);
		}
		if (c[i].start > at && c[i].start < *end)
			*end = c[i].start;
	}
	return NULL;
}

/* Pages of its own, or those that it has in common with the process it was forked from. */
static uint64_t private_run(struct imem *m, const struct iobj *mm, uint64_t at, uint64_t end, struct node **n,
			    off_t *off, const struct iobj **of)
{
	int depth;

	for (depth = 0; mm && depth < COW_DEPTH; depth++) {
		end = in_extents(m, mm, at, end, n, off);
		*of = mm;
		if (*n)
			return end;
		mm = shared_with(m, mm, at, &end);
	}
	return end;
}

uint64_t imem_run(struct imem *m, const struct iobj *mm, uint64_t at, struct node **n, off_t *off,
		  const struct iobj **of)
{
	const struct crfs_vma *v = vma_of(mm, at);
	const struct iobj *o, *none;
	uint64_t end = v ? v->end : at + 1, shift;

	*n = NULL;
	of = of ? of : &none;
	*of = mm;
	if (!v)
		return end;
	if (!(v->flags & CRFS_VMA_SHARED))
		end = private_run(m, mm, at, end, n, off, of);
	if (*n || !v->inode)
		return end;
	o = image_obj(m->im, IOBJ_INODE, v->inode);
	shift = v->start - v->offset;
	*of = o;
	return o ? in_inode(m, o, at - shift, end - shift, n, off) + shift : end;
}

ssize_t imem_read(struct imem *m, const struct iobj *mm, void *buf, size_t size, uint64_t at)
{
	size_t done = 0, len;
	struct node *n;
	uint64_t end;
	off_t off;
	ssize_t r;

	while (done < size) {
		end = imem_run(m, mm, at + done, &n, &off, NULL);
		if (!n)
			break;
		len = end - (at + done) < size - done ? end - (at + done) : size - done;
		r = node_pread(n, (char *)buf + done, len, off);
		if (r <= 0)
			return done ? (ssize_t)done : r ? r : -EIO;
		done += r;
	}
	return done;
}
