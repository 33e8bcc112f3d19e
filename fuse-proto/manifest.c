// SPDX-License-Identifier: GPL-2.0-or-later
/* The manifest: making a view's, and holding a staged tree against one. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "hash.h"
#include "manifest.h"
#include "stage.h"

static int put_line(struct crfs_writer *w, struct node *n, struct node *top, uint8_t algorithm)
{
	struct crfs_digest line = { .algorithm = algorithm };
	char buf[PATH_MAX];

	line.path.p = tree_path(n, top, buf, sizeof(buf));
	line.path.len = strlen(line.path.p);
	memcpy(line.digest, n->digest, sizeof(line.digest));
	return crfs_write_digest(w, &line);
}

off_t manifest_size(struct node *top, uint8_t algorithm, const struct node *self)
{
	struct crfs_writer w = { .size = 0 };
	struct node *n;

	for (n = top; n; n = tree_next(n, top))
		if (n->kind != NODE_DIR && n != self)
			put_line(&w, n, top, algorithm);
	return w.len;
}

static int view_digest(struct node *n, uint8_t algorithm, struct err *e)
{
	uint8_t digest[CRFS_DIGEST_MAX] = { 0 };
	char buf[PATH_MAX];
	off_t len = n->size;
	struct hash h;
	int r;

	if (n->kind == NODE_TEXT) {
		r = hash_begin(&h, algorithm);
		if (!r) {
			hash_add(&h, n->text, n->size);
			hash_end(&h, digest);
		}
	} else {
		r = hash_node(n, algorithm, digest, &len);
	}
	if (r < 0 || len != n->size)
		return fail_on(e, r < 0 ? r : -EIO, tree_path(n, NULL, buf, sizeof(buf)),
			       "read it for the manifest: is the container still frozen");
	memcpy(n->digest, digest, sizeof(digest));
	n->digest_known = true;
	return 0;
}

int manifest_make(struct node *top, uint8_t algorithm, const struct node *self, char **text,
		  size_t size, struct err *e)
{
	struct crfs_writer w = { .buf = malloc(size + 1), .size = size };
	struct node *n;
	int r = w.buf ? 0 : fail_on(e, -ENOMEM, "manifest", "allocate it");

	for (n = top; n && !r; n = tree_next(n, top)) {
		if (n->kind == NODE_DIR || n == self)
			continue;
		if (!n->digest_known)
			r = view_digest(n, algorithm, e);
		if (!r)
			put_line(&w, n, top, algorithm);
	}
	if (!r && w.len != size)
		r = fail_on(e, -EIO, "manifest", "make it: the tree changed meanwhile");
	if (r < 0) {
		free(w.buf);
		return r;
	}
	*text = w.buf;
	return 0;
}

static size_t slot_of(const struct manifest *m, const char *path, size_t len)
{
	return XXH64(path, len, 0) & m->mask;
}

static struct entry *find(const struct manifest *m, const char *path, size_t len)
{
	struct entry *en = m->slots[slot_of(m, path, len)];

	while (en && (en->line.path.len != len || memcmp(en->line.path.p, path, len)))
		en = en->next;
	return en;
}

struct entry *manifest_find(const struct manifest *m, const char *path)
{
	return find(m, path, strlen(path));
}

static int take_line(struct manifest *m, const struct crfs_digest *line, size_t *room)
{
	struct entry *v;

	if (m->n == *room) {
		*room = *room ? 2 * *room : 256;
		v = realloc(m->v, *room * sizeof(*v));
		if (!v)
			return -ENOMEM;
		m->v = v;
	}
	m->v[m->n++] = (struct entry){ .line = *line };
	return 0;
}

static int index_lines(struct manifest *m, const char *object, struct err *e)
{
	struct entry *en;
	size_t i, slot;

	m->mask = 255;
	while (m->mask < m->n)
		m->mask = 2 * m->mask + 1;
	m->slots = calloc(m->mask + 1, sizeof(*m->slots));
	if (!m->slots)
		return fail_on(e, -ENOMEM, object, "read it");
	for (i = 0; i < m->n; i++) {
		en = &m->v[i];
		if (find(m, en->line.path.p, en->line.path.len))
			return fail_on(e, -EBADMSG, object, "line %zu: named twice: take one out",
				       i + 1);
		slot = slot_of(m, en->line.path.p, en->line.path.len);
		en->next = m->slots[slot];
		m->slots[slot] = en;
	}
	m->missing = m->n;
	return 0;
}

static int read_lines(struct manifest *m, size_t size, const char *object, struct err *e)
{
	struct crfs_reader r;
	struct crfs_digest d;
	size_t room = 0;
	int got;

	crfs_reader_init(&r, m->text, size);
	while ((got = crfs_read_digest(&r, &d)) > 0)
		if (take_line(m, &d, &room) < 0)
			return fail_on(e, -ENOMEM, object, "read it");
	if (got < 0)
		return fail_on(e, -EBADMSG, object, "line %u: %s: copy it again", r.line, r.why);
	if (!m->n)
		return fail_on(e, -EBADMSG, object, "it names nothing: copy it again");
	return index_lines(m, object, e);
}

int manifest_parse(struct node *file, struct manifest **out, struct err *e)
{
	struct manifest *m = calloc(1, sizeof(*m));
	char buf[PATH_MAX];
	const char *object = tree_path(file, NULL, buf, sizeof(buf));
	ssize_t got = 0;
	int r;

	if (m)
		m->text = malloc(file->size + 1);
	if (m && m->text)
		got = node_pread(file, m->text, file->size, 0);
	if (!m || !m->text || got != file->size) {
		manifest_free(m);
		return fail_on(e, got < 0 ? (int)got : -ENOMEM, object, "read it");
	}
	m->file = file;
	m->top = file->parent;
	r = read_lines(m, got, object, e);
	if (r < 0) {
		manifest_free(m);
		return r;
	}
	*out = m;
	return 0;
}

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	free(m->text);
	free(m->v);
	free(m->slots);
	free(m);
}

static void verify_one(struct entry *en, struct errlist *why, unsigned int *unwritten)
{
	struct node *n = en->node;
	struct stored *f = n->front;
	char path[PATH_MAX];
	off_t len;
	int r = 0;

	snprintf(path, sizeof(path), "%.*s", (int)en->line.path.len, en->line.path.p);
	if (!n->digest_known || f->algorithm != en->line.algorithm) {
		r = hash_node(n, en->line.algorithm, n->digest, &len);
		f->algorithm = en->line.algorithm;
		n->digest_known = !r;
	}
	if (r < 0)
		errlist_add(why, r, path, "read what is staged: copy it again");
	else if (memcmp(n->digest, en->line.digest, crfs_digest_size(en->line.algorithm))) {
		errlist_add(why, -EBADMSG, path, MANIFEST_DIFFERS);
		*unwritten += !n->size && f->writers;
	}
}

static void verify_no_more(struct manifest *m, struct errlist *why)
{
	char buf[PATH_MAX];
	const char *path;
	struct node *n;

	for (n = m->top; n; n = tree_next(n, m->top)) {
		if (n->kind == NODE_DIR || n == m->file || ((struct stored *)n->front)->entry)
			continue;
		path = tree_path(n, m->top, buf, sizeof(buf));
		if (!manifest_find(m, path))
			errlist_add(why, -EEXIST, path, "not named in the manifest: remove it, or "
				    "renew the manifest if it belongs there");
	}
}

void manifest_verify_there(struct manifest *m, struct errlist *why, unsigned int *unwritten)
{
	size_t i;

	*unwritten = 0;
	for (i = 0; i < m->n; i++)
		if (m->v[i].node)
			verify_one(&m->v[i], why, unwritten);
	verify_no_more(m, why);
}

void manifest_missing(const struct manifest *m, struct errlist *why)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (m->v[i].node)
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)m->v[i].line.path.len, m->v[i].line.path.p);
		errlist_add(why, -ENOENT, path, "named in the manifest and not there: copy it");
	}
}

void manifest_verify(struct manifest *m, struct errlist *why, unsigned int *unwritten)
{
	manifest_missing(m, why);
	manifest_verify_there(m, why, unwritten);
}
