// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar show: one file of a checkpoint, as it is or taken apart. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "json.h"
#include "look.h"

/* In an archive the root is not known before all is read: whatever has such an end is kept. */
static bool keep(struct source *s, struct node *n)
{
	const char *want = s->arg, *path;
	char buf[PATH_MAX];
	size_t len, more = strlen(want);

	path = tree_path(n, NULL, buf, sizeof(buf));
	len = strlen(path);
	return len >= more && !strcmp(path + len - more, want) &&
	       (len == more || path[len - more - 1] == '/');
}

static int copy(struct node *n)
{
	static char buf[256 << 10];
	off_t off = 0;
	ssize_t r;

	while ((r = node_pread(n, buf, sizeof(buf), off)) > 0) {
		if (fwrite(buf, 1, r, stdout) != (size_t)r)
			return -errno;
		off += r;
	}
	return r;
}

static void section(struct json *j, const struct crfs_shape *s, const char *rec, size_t nr)
{
	size_t i;

	if (s->layout == CRFS_ROWS)
		json_open(j, s->name, '[');
	for (i = 0; i < nr; i++) {
		json_open(j, s->layout == CRFS_ROWS ? NULL : s->name, '{');
		json_rec(j, s, rec + i * s->size);
		json_close(j, '}');
	}
	if (s->layout == CRFS_ROWS)
		json_close(j, ']');
}

static void sections(struct json *j, const struct irec *r)
{
	int i;

	for (i = 0; r->room->shapes && r->room->shapes[i]; i++)
		section(j, r->room->shapes[i], r->section[i].rec, r->section[i].nr);
}

/* Is this record of @o what stands in @n? */
static bool is_in(const struct iobj *o, const struct irec *r, const struct node *n)
{
	if (o->kind == IOBJ_FILE || o->kind == IOBJ_NS)
		return o->node == n;
	if (o->kind == IOBJ_INODE)
		return n->parent == o->node && !strcmp(n->name, "status");
	return n->parent == o->node && !strcmp(n->name, r->room->name);
}

static void show_object(struct json *j, const struct iobj *o, const struct irec *r, bool many)
{
	char id[16];

	json_open(j, NULL, '{');
	if (many)
		json_plain(j, "id", id, snprintf(id, sizeof(id), "%u", o->id));
	if (o->common)
		section(j, o->kind == IOBJ_FILE ? &crfs_file_shape : &crfs_inode_shape, o->common, 1);
	sections(j, r);
	json_close(j, '}');
}

/* What of @o stands in @n, or NULL */
static const struct irec *part_in(const struct iobj *o, const struct node *n)
{
	const struct irec *r;

	for (r = o->recs; r && !is_in(o, r, n); r = r->next)
		;
	return r;
}

static size_t count(const struct look *l, const struct node *n)
{
	size_t i, nr = 0;
	int kind;

	for (kind = 0; kind < NR_IOBJ; kind++)
		for (i = 0; i < l->im.nr[kind]; i++)
			nr += part_in(&l->im.objs[kind][i], n) != NULL;
	return nr;
}

/* An object; an array where several share the file. */
static bool show_parsed(const struct look *l, const struct node *n)
{
	struct json j = { .depth = 0 };
	size_t i, nr = count(l, n);
	const struct irec *r;
	int kind;

	if (nr > 1)
		json_open(&j, NULL, '[');
	for (kind = 0; kind < NR_IOBJ; kind++) {
		for (i = 0; i < l->im.nr[kind]; i++) {
			r = part_in(&l->im.objs[kind][i], n);
			if (r)
				show_object(&j, &l->im.objs[kind][i], r, nr > 1);
		}
	}
	if (nr > 1)
		json_close(&j, ']');
	return nr;
}

/* Texts that have no fields: an array of lines. */
static void show_lines(const struct node *n)
{
	const char *p = n->text, *end = p + n->size, *nl;
	struct json j = { .depth = 0 };

	json_open(&j, NULL, '[');
	for (; p && p < end; p = nl + 1) {
		nl = memchr(p, '\n', end - p);
		nl = nl ? nl : end;
		json_str(&j, NULL, p, nl - p);
	}
	json_close(&j, ']');
}

static int show(struct look *l, const char *path, bool json)
{
	struct node *n = source_file(&l->src, path);
	struct err e = { .code = 0 };
	int r = 0;

	if (!n)
		fail_on(&e, -ENOENT, path, "there is no such file: crtar ls lists them");
	else if (n->kind == NODE_DIR)
		fail_on(&e, -EISDIR, path, "a directory: crtar ls lists what is in it");
	else if (!json)
		r = copy(n);
	else if (n->kind == NODE_PAYLOAD || (n->size && memchr(n->text, '\0', n->size)))
		fail_on(&e, -EINVAL, path, "bytes, and not text: show it without --json");
	else if (!show_parsed(l, n))
		show_lines(n);
	if (r < 0)
		fail_on(&e, r, path, "read it");
	return e.code ? say(&e) : EXIT_YES;
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 }
	};
	struct look l = { .src = { .bytes = BYTES_NONE, .keep = keep, .dir = -1, .cg.dir = -1 } };
	bool json = false;
	int o, r, end;

	while ((o = cmd_option(c, argc, argv, "j", longs, &end)) != -1) {
		if (!o)
			return end;
		json = true;
	}
	if (optind + 2 != argc)
		return cmd_wrong(c, "it takes a checkpoint and the path of a file in it");
	l.src.arg = argv[optind + 1];
	if (look_open(&l, argv[optind]) < 0)
		return EXIT_NO;
	r = show(&l, argv[optind + 1], json);
	if (!json)	/* the file as it is, whatever is wrong with others */
		errlist_clear(&l.why);
	return look_close(&l) || r ? EXIT_NO : EXIT_YES;
}

const struct cmd cmd_show = {
	.name = "show",
	.args = "[--json] CHECKPOINT FILE",
	.what = "print a file of a checkpoint, as it is or as JSON",
	.help = "      --json           taken apart, for programs\n",
	.run = run,
};
