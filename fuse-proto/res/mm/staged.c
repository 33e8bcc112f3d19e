// SPDX-License-Identifier: GPL-2.0-or-later
/* The extents of a staged tree: listed by address, and given descriptors that tasks can read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm.h"
#include "stage.h"

/* "7f0000200000" as printed: lower case, no leading zero */
static bool parse_name(const char *name, uint64_t *at)
{
	char again[24];

	*at = strtoull(name, NULL, 16);
	snprintf(again, sizeof(again), "%llx", (unsigned long long)*at);
	return !strcmp(name, again);
}

static int by_start(const void *a, const void *b)
{
	const struct staged *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static struct node *pages_dir(const struct iobj *o)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (n->kind == NODE_DIR && !strcmp(n->name, "pages"))
			return n;
	return NULL;
}

int staged_list(struct image *im, const struct iobj *o, struct staged **out, size_t *nr,
		const char **bad)
{
	struct node *dir = pages_dir(o), *n;
	struct staged *st;
	size_t i = 0;

	*nr = 0;
	*out = NULL;
	*bad = "";
	for (n = dir ? dir->child : NULL; n; n = n->next)
		i++;
	if (!i)
		return 0;
	st = pool_alloc(&im->pool, i * sizeof(*st));
	if (!st)
		return -ENOMEM;
	for (n = dir->child, i = 0; n; n = n->next, i++) {
		st[i] = (struct staged){ .node = n, .fd = -1 };
		*bad = n->name;
		if (!parse_name(n->name, &st[i].start) || n->kind == NODE_DIR || n->size <= 0 ||
		    n->size % PAGE || st[i].start % PAGE || (uint64_t)n->size > CRFS_EXTENT_SIZE ||
		    st[i].start >= USER_END)
			return -EINVAL;
		st[i].end = st[i].start + n->size;
	}
	qsort(st, i, sizeof(*st), by_start);
	*out = st;
	*nr = i;
	for (i = 1; i < *nr; i++) {
		*bad = st[i].node->name;
		if (st[i].start < st[i - 1].end)
			return -EINVAL;
	}
	return 0;
}

static int copy(struct restore *rs, struct mmdata *d, struct staged *st, char *buf)
{
	size_t size = st->end - st->start, done = 0;
	ssize_t r;

	while (done < size) {
		r = node_pread(st->node, buf + done, size - done, done);
		if (r <= 0)
			return fail(rs->err, r < 0 ? (int)r : -EIO, "reading pages/%s",
				    st->node->name);
		done += r;
	}
	return mm_copy(rs, d, buf, size, &st->off);
}

int staged_back(struct restore *rs, struct mmdata *d, struct staged *st, size_t nr)
{
	char *buf = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++) {
		st[i].fd = node_backing(st[i].node, &st[i].off);
		st[i].take = st[i].fd >= 0 && node_takes(st[i].node);
		if (st[i].fd >= 0)
			continue;
		if (!buf)
			buf = malloc(CRFS_EXTENT_SIZE);
		rc = buf ? copy(rs, d, &st[i], buf) : -ENOMEM;
		st[i].fd = d->copy;
	}
	free(buf);
	return rc;
}
