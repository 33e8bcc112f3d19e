// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checkpoints that hold only what is new: the rest is in those that they were made since.
 *
 * Each has a whole manifest. A file that it names and has not is taken from the first base that has it;
 * what was taken is held against the manifest like everything else, so that a wrong base is found.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>

#include "source.h"

static ssize_t base_pread(struct node *n, void *buf, size_t size, off_t off)
{
	return node_pread(n->priv, buf, size, off);
}

static off_t base_hole(struct node *n, off_t off, bool data)
{
	struct node *from = n->priv;

	if (from->ops && from->ops->hole)
		return from->ops->hole(from, off, data);
	return data ? off : n->size;
}

static const struct payload_ops base_ops = { .pread = base_pread, .hole = base_hole };

static int copy_text(struct source *s, struct node *from, struct node *n, struct err *e)
{
	char *text;

	if (source_room(s, from->size, e) < 0)
		return e->code;
	text = malloc(from->size + 1);
	if (!text)
		return fail(e, -ENOMEM, "memory for it");
	if (from->size && node_pread(from, text, from->size, 0) != from->size) {
		free(text);
		return fail(e, -EIO, "read it");
	}
	text[from->size] = '\0';
	source_text(n, text, from->size);
	return 0;
}

/* What an archive has is read by where it stands in that: it needs no place in a tree of its own. */
static void move(struct source *base, struct node *from, struct node *n)
{
	free(n->front);
	n->kind = from->kind;
	n->size = from->size;
	n->mtime = from->mtime;
	n->text = from->text;
	n->ops = from->ops;
	n->priv = from->priv;
	n->arg = from->arg;
	n->front = from->front;
	memcpy(n->digest, from->digest, sizeof(n->digest));
	n->digest_known = from->digest_known;
	from->text = NULL;
	from->ops = NULL;
	from->front = NULL;
	tree_remove(base->tree, from);
}

static int borrow(struct source *s, struct source *base, struct node *from, const char *path, struct err *e)
{
	struct member *old = from->front, *m;
	char full[2 * PATH_MAX], top[PATH_MAX];
	struct node *n;
	int r;

	snprintf(full, sizeof(full), "%s%s%s", tree_path(s->top, NULL, top, sizeof(top)),
		 *s->top->name ? "/" : "", path);
	r = source_place(s, full, false, &n, e);
	if (!r && base->kind == SOURCE_ARCHIVE) {
		move(base, from, n);
		return 0;
	}
	if (!r && from->kind == NODE_TEXT)
		return copy_text(s, from, n, e);
	if (r < 0)
		return r;
	m = n->front;
	n->kind = NODE_PAYLOAD;
	n->ops = &base_ops;
	n->priv = from;
	n->size = from->size;
	n->mtime = from->mtime;
	memcpy(n->digest, from->digest, sizeof(n->digest));
	n->digest_known = from->digest_known;
	m->algorithm = old->algorithm;
	m->sha = old->sha;
	return 0;
}

/*
 * Of which files, by their lines in the manifest of @s, does the base say that they were others then? They are in a
 * checkpoint between the two. Its manifest is read for nothing else, and not kept.
 */
static int find_older(struct source *s, struct source *base, bool *older, struct err *e)
{
	struct node *n = source_file(base, CRFS_MANIFEST);
	char *text = n ? malloc(n->size + 1) : NULL, path[PATH_MAX];
	struct crfs_reader r;
	struct crfs_digest d;
	struct entry *en;

	if (!n)
		return fail_on(e, -ENOENT, base->name, "it has no manifest: name a checkpoint that is whole");
	if (!text || node_pread(n, text, n->size, 0) != n->size) {
		free(text);
		return fail_on(e, text ? -EIO : -ENOMEM, base->name, "read its manifest");
	}
	crfs_reader_init(&r, text, n->size);
	while (crfs_read_digest(&r, &d) > 0) {
		snprintf(path, sizeof(path), "%.*s", (int)d.path.len, d.path.p);
		en = manifest_find(s->man, path);
		if (en && en->line.algorithm == d.algorithm)
			older[en - s->man->v] = memcmp(en->line.digest, d.digest, crfs_digest_size(d.algorithm));
	}
	free(text);
	return 0;
}

static int borrow_all(struct source *s, struct source *base, struct errlist *why)
{
	struct err e = { .code = 0 };
	char path[PATH_MAX];
	bool *older = calloc(s->man->n, sizeof(*older));
	struct node *from;
	size_t i;

	if (!older)
		fail_on(&e, -ENOMEM, base->name, "memory to read it");
	else
		find_older(s, base, older, &e);
	for (i = 0; i < s->man->n && !e.code; i++) {
		if (s->man->v[i].node || older[i])
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)s->man->v[i].line.path.len,
			 s->man->v[i].line.path.p);
		from = source_file(base, path);
		if (!from || from->kind == NODE_DIR || !from->front)
			continue;
		if (borrow(s, base, from, path, &e) < 0)
			fail_on(&e, e.code, path, "take it from %s", base->name);
		else
			source_link(s, &s->man->v[i]);
	}
	free(older);
	if (e.code)
		errlist_take(why, &e);
	return why->first;
}

int chain_open(struct source *s, struct errlist *why)
{
	struct source *base;
	int r = 0;

	while (!r && s->man->missing && s->opened < s->bases) {
		base = calloc(1, sizeof(*base));
		if (!base) {
			errlist_add(why, -ENOMEM, s->base[s->opened], "memory to read it");
			return -ENOMEM;
		}
		base->name = s->base[s->opened];
		base->bytes = s->bytes;
		base->keep = s->keep;
		base->apart = true;
		base->algorithms = s->bytes == BYTES_DIGEST ? SOURCE_BOTH : 0;
		s->chain[s->opened++] = base;
		r = source_open(base, why);
		if (!r && base->kind == SOURCE_CGROUP)
			errlist_add(why, -EINVAL, base->name, "a container is no base: name a copy of it");
		r = r ?: why->first ?: borrow_all(s, base, why);
	}
	return r;
}

static void say_missing(const struct source *s, struct errlist *why)
{
	size_t i = 0;

	while (s->man->v[i].node)
		i++;
	errlist_add(why, -ENOENT, s->name, "%zu of the %zu files that its manifest names are not there%s; the first is "
		    "%.*s: name what it was made --since with --base, %s", s->man->missing, s->man->n,
		    s->bases ? ", and in none of its bases" : "", (int)s->man->v[i].line.path.len,
		    s->man->v[i].line.path.p, s->bases ? "and none left out" : "or copy it again");
}

int source_verify(struct source *s, struct errlist *why)
{
	unsigned int unwritten;

	if (s->man->missing > (s->bases ? 0 : SOURCE_FEW))
		say_missing(s, why);
	else
		manifest_missing(s->man, why);
	manifest_verify_there(s->man, why, &unwritten);
	return why->first;
}

void chain_close(struct source *s)
{
	while (s->opened) {
		source_close(s->chain[--s->opened]);
		free(s->chain[s->opened]);
	}
}
