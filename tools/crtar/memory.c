// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of a task as the checkpoint has it, wherever in it that stands.
 *
 * Private pages are extents of the address space, or of the one that it was forked from (the fourth
 * section of maps); shared ones are extents of an inode. What is in neither was never written: it is
 * what the mapped file has, or zeros.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/extent.h>

#include "memory.h"
#include "rooms.h"

#define COW_DEPTH 64

/* In the extents of @o, of which the one that begins last before @at is meant. */
static uint64_t in_extents(const struct iobj *o, uint64_t at, uint64_t end, struct node **n, off_t *off)
{
	struct node *x = NULL;
	uint64_t start;

	*n = NULL;
	while ((x = look_extent(o, x, &start))) {
		if (start <= at && at < start + x->size) {
			*n = x;
			*off = at - start;
			return end < start + x->size ? end : start + x->size;
		}
		if (start > at && start < end)
			end = start;
	}
	return end;
}

static const struct crfs_vma *vma_of(const struct iobj *mm, uint64_t at)
{
	size_t i, n;
	const struct crfs_vma *v = look_maps(mm, &n);

	for (i = 0; i < n; i++)
		if (v[i].start <= at && at < v[i].end)
			return &v[i];
	return NULL;
}

/* Inodes without extents are small, and are all in one file (the vdso's image). */
static uint64_t in_inode(const struct iobj *o, uint64_t at, uint64_t end, struct node **n, off_t *off)
{
	struct node *x;

	end = in_extents(o, at, end, n, off);
	for (x = *n ? NULL : o->node->child; x; x = x->next) {
		if (strcmp(x->name, "data") || at >= (uint64_t)x->size)
			continue;
		*n = x;
		*off = at;
		return end < (uint64_t)x->size ? end : (uint64_t)x->size;
	}
	return end;
}

/* The parent's page, if it is that; else @end becomes less where the next one begins. */
static const struct iobj *shared_with(const struct look *l, const struct iobj *mm, uint64_t at,
				      uint64_t *end)
{
	size_t i, n;
	const struct crfs_cow *c = image_recs(mm, &res_mm_maps, 3, &n);

	for (i = 0; i < n; i++) {
		if (c[i].start <= at && at < c[i].end) {
			*end = *end < c[i].end ? *end : c[i].end;
			return image_obj(&l->im, IOBJ_MM, c[i].mm);
		}
		if (c[i].start > at && c[i].start < *end)
			*end = c[i].start;
	}
	return NULL;
}

uint64_t memory_run(const struct look *l, const struct iobj *mm, uint64_t at, struct node **n, off_t *off)
{
	const struct crfs_vma *v = vma_of(mm, at);
	const struct iobj *o;
	uint64_t end = v ? v->end : at + 1, shift;
	int depth;

	*n = NULL;
	if (!v)
		return end;
	if (v->inode) {
		o = image_obj(&l->im, IOBJ_INODE, v->inode);
		shift = v->start - v->offset;
		return o ? in_inode(o, at - shift, end - shift, n, off) + shift : end;
	}
	for (depth = 0; mm && depth < COW_DEPTH; depth++) {
		end = in_extents(mm, at, end, n, off);
		if (*n)
			return end;
		mm = shared_with(l, mm, at, &end);
	}
	return end;
}

ssize_t memory_read(const struct look *l, const struct iobj *mm, void *buf, size_t size, uint64_t at)
{
	size_t done = 0, len;
	struct node *n;
	uint64_t end;
	off_t off;
	ssize_t r;

	while (done < size) {
		end = memory_run(l, mm, at + done, &n, &off);
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

bool memory_keep_pages(struct source *s, struct node *n)
{
	(void)s;
	return n->parent && !strcmp(n->parent->name, "pages");
}

/* Where the arguments are says the status, which stands before the extents if it is a copy of a mount. */
bool memory_keep_args(struct source *s, struct node *n)
{
	struct node *dir = n->parent, *status;
	uint64_t at = strtoull(n->name, NULL, 16);
	struct crfs_mm_status st = { .mnt_ns = 0 };
	struct crfs_reader r;
	bool keep = false;
	char *text;

	if (!memory_keep_pages(s, n) || !dir->parent)
		return false;
	status = tree_find(s->tree, dir->parent, "status");
	text = status && status->kind == NODE_TEXT && status->size ? malloc(status->size) : NULL;
	if (!text)
		return false;
	memcpy(text, status->text, status->size);
	crfs_reader_init(&r, text, status->size);
	if (!crfs_read_section(&r, &crfs_mm_status_shape) &&
	    crfs_read_rec(&r, &crfs_mm_status_shape, &st) > 0)
		keep = at < st.arg_end && at + CRFS_EXTENT_SIZE > st.arg_start;
	free(text);
	return keep;
}
