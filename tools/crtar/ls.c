// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar ls: the files of a checkpoint. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>

#include "look.h"
#include "table.h"

#define HEX "0123456789abcdef"

static const char *const keys[] = { "size", "kind", "path", NULL };

/* Numbers, decimal or hex, by their value; all else as text */
static int by_name(const void *a, const void *b)
{
	const char *x = (*(struct node *const *)a)->name, *y = (*(struct node *const *)b)->name;
	size_t i = strspn(x, HEX), k = strspn(y, HEX);

	return !x[i] && !y[k] && i != k ? (i > k) - (i < k) : strcmp(x, y);
}

static void list_one(const struct source *s, struct table *t, const struct node *n)
{
	char path[PATH_MAX];
	bool dir = n->kind == NODE_DIR;

	table_num(t, dir ? 0 : n->size);
	table_text(t, "%s", dir ? "dir" : stage_is_payload(n) ? "bytes" : "text");
	table_text(t, "%s%s", tree_path(n, s->top, path, sizeof(path)), dir && !t->json ? "/" : "");
}

/* Would @name be between them? */
static bool is_past(const struct node *n, const struct node *before, const char *name)
{
	return strcmp(n->name, name) > 0 && (!before || strcmp(before->name, name) < 0);
}

/* A container's has none before it is read, and it is all that a mount would show. */
static void list_manifest(const struct source *s, struct table *t)
{
	struct err e = { .code = 0 };

	if (!s->view || view_manifest(s->view, &e) < 0)
		return;
	table_num(t, manifest_size(s->top, s->opts.digest, NULL));
	table_text(t, "text");
	table_text(t, CRFS_MANIFEST);
}

/* In one order, whichever it stands in where it comes from */
static int list(const struct source *s, struct table *t, const struct node *dir)
{
	struct node *n, **v;
	size_t i, nr = 0;
	int r = 0;

	for (n = dir->child; n; n = n->next)
		nr++;
	v = malloc((nr + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (n = dir->child, i = 0; n; n = n->next)
		v[i++] = n;
	qsort(v, nr, sizeof(*v), by_name);
	for (i = 0; i < nr && !r; i++) {
		if (dir == s->top && is_past(v[i], i ? v[i - 1] : NULL, CRFS_MANIFEST))
			list_manifest(s, t);
		list_one(s, t, v[i]);
		r = v[i]->child ? list(s, t, v[i]) : 0;
	}
	free(v);
	return r;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	struct source s = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 };
	struct errlist why = { .text = NULL };
	struct table t;
	bool json = false;
	int r = look_args(c, argc, argv, &json, &s.name);

	if (r >= 0)
		return r;
	r = source_open(&s, &why);
	if (!r) {
		table_begin(&t, keys, json);
		r = list(&s, &t, s.top);
		if (r < 0)
			errlist_add(&why, r, s.name, "memory to sort its files");
		r = table_end(&t) ?: r;
	}
	source_close(&s);
	say_all(&why);
	errlist_clear(&why);
	return r < 0 ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_ls = {
	.name = "ls",
	.args = "[--json] CHECKPOINT",
	.what = "list the files of a checkpoint",
	.help = "      --json           for programs\n",
	.run = run,
};
