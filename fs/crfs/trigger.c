// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trigger: when everything a staged manifest names is there, the container is restored.
 *
 * Every line of the manifest points to its file once that is there and closed, and the lines
 * without one are counted, so that a completing call costs a look-up by path and not a walk.
 * Whether the bytes are those of the digests, the helper looks.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/stringhash.h>

#include "stage.h"

#define MANIFEST_MAX (256 << 20)

/**
 * struct entry - a line of the manifest
 * @path: what it names; it stands in manifest.text
 * @node: the file of that name, once whoever wrote it has closed it
 * @next: in the hash
 * @empty: it has the digest of nothing
 */
struct entry {
	struct crfs_str path;
	struct snode *node;
	struct entry *next;
	bool empty;
};

/* struct manifest - @file, @top: it and its directory; @missing: how many lines have no node */
struct manifest {
	struct snode *file, *top;
	char *text;
	struct entry *v, **slots;
	size_t n, room, mask, missing;
};

static void unlink_entry(struct stage *st, struct snode *n)
{
	if (!n->entry)
		return;
	n->entry->node = NULL;
	n->entry = NULL;
	st->man->missing++;
}

static void link_entry(struct stage *st, struct entry *en, struct snode *n)
{
	if (!en || en->node || !S_ISREG(n->inode->i_mode) || !sfile_of(n->inode)->complete)
		return;
	en->node = n;
	n->entry = en;
	st->man->missing--;
}

static void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	kvfree(m->text);
	kvfree(m->v);
	kvfree(m->slots);
	kfree(m);
}

void trigger_reset(struct stage *st)
{
	size_t i;

	for (i = 0; st->man && i < st->man->n; i++)
		if (st->man->v[i].node)
			st->man->v[i].node->entry = NULL;
	manifest_free(st->man);
	st->man = NULL;
}

static struct entry **slot_of(const struct manifest *m, const char *path, size_t len)
{
	return &m->slots[full_name_hash(m, path, len) & m->mask];
}

static struct entry *find(const struct manifest *m, const char *path, size_t len)
{
	struct entry *en = *slot_of(m, path, len);

	while (en && (en->path.len != len || memcmp(en->path.p, path, len)))
		en = en->next;
	return en;
}

static bool is_empty(const struct crfs_digest *d)
{
	static const u8 xxh64[8] = { 0xef, 0x46, 0xdb, 0x37, 0x51, 0xd8, 0xe9, 0x99 };
	static const u8 sha256[32] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f,
		0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b,
		0x78, 0x52, 0xb8, 0x55,
	};

	return d->algorithm == CRFS_SHA256 ? !memcmp(d->digest, sha256, sizeof(sha256)) :
					     !memcmp(d->digest, xxh64, sizeof(xxh64));
}

static int take_line(struct manifest *m, const struct crfs_digest *d)
{
	struct entry *v;
	size_t room;

	if (m->n == m->room) {
		room = m->room ? 2 * m->room : 256;
		v = kvmalloc_array(room, sizeof(*v), GFP_KERNEL_ACCOUNT);
		if (!v)
			return -ENOMEM;
		if (m->n)
			memcpy(v, m->v, m->n * sizeof(*v));
		kvfree(m->v);
		m->v = v;
		m->room = room;
	}
	m->v[m->n++] = (struct entry){ .path = d->path, .empty = is_empty(d) };
	return 0;
}

static int index_lines(struct stage *st, struct manifest *m)
{
	struct entry *en, **slot;
	size_t i;

	m->mask = 255;
	while (m->mask < m->n)
		m->mask = 2 * m->mask + 1;
	m->slots = kvcalloc(m->mask + 1, sizeof(*m->slots), GFP_KERNEL_ACCOUNT);
	if (!m->slots)
		return -ENOMEM;
	for (i = 0; i < m->n; i++) {
		en = &m->v[i];
		if (find(m, en->path.p, en->path.len)) {
			stage_say(st, -EBADMSG, CRFS_MANIFEST, "line %zu: named twice: take one out",
				  i + 1);
			return -EBADMSG;
		}
		slot = slot_of(m, en->path.p, en->path.len);
		en->next = *slot;
		*slot = en;
	}
	m->missing = m->n;
	return 0;
}

static int read_lines(struct stage *st, struct manifest *m, size_t size)
{
	struct crfs_reader r;
	struct crfs_digest d;
	int got, rc = 0;

	crfs_reader_init(&r, m->text, size);
	while (!rc && (got = crfs_read_digest(&r, &d)) > 0)
		rc = take_line(m, &d);
	if (rc)
		return rc;
	if (got < 0)
		stage_say(st, -EBADMSG, CRFS_MANIFEST, "line %u: %s: copy it again", r.line, r.why);
	else if (!m->n)
		stage_say(st, -EBADMSG, CRFS_MANIFEST, "it names nothing: copy it again");
	return got < 0 || !m->n ? -EBADMSG : index_lines(st, m);
}

static int parse(struct stage *st, struct snode *file, struct manifest **out)
{
	loff_t size = i_size_read(file->inode);
	struct manifest *m;
	int rc;

	stage_hush(st);
	if (size > MANIFEST_MAX) {
		stage_say(st, -EFBIG, CRFS_MANIFEST, "it is too long to be one: copy it again");
		return -EFBIG;
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (m)
		m->text = kvmalloc(size + 1, GFP_KERNEL_ACCOUNT);
	rc = m && m->text ? stage_pread(file->inode, m->text, size) : -ENOMEM;
	if (rc > 0)
		rc = read_lines(st, m, size);
	if (rc < 0) {
		if (rc != -EBADMSG)
			stage_say(st, rc, CRFS_MANIFEST, "read it: copy it again");
		manifest_free(m);
		return rc;
	}
	m->file = file;
	m->top = file->parent;
	*out = m;
	return 0;
}

/* The node at "tasks/42/regs" below @top. */
static struct snode *at_path(struct stage *st, struct snode *top, const struct crfs_str *path)
{
	const char *p = path->p, *end = p + path->len, *slash;

	while (top && p < end) {
		slash = memchr(p, '/', end - p) ?: end;
		top = stage_find(st, top, p, slash - p);
		p = slash + 1;
	}
	return top;
}

/* An empty manifest is one that is about to be written. */
static int adopt(struct stage *st, struct snode *file)
{
	struct manifest *man;
	struct snode *n;
	size_t i;
	int rc;

	if (!i_size_read(file->inode))
		return 0;
	rc = parse(st, file, &man);
	if (rc) {
		st->failed = true;
		return rc;
	}
	trigger_reset(st);
	st->man = man;
	st->fresh = true;
	for (i = 0; i < man->n; i++) {
		n = at_path(st, man->top, &man->v[i].path);
		if (n)
			link_entry(st, &man->v[i], n);
	}
	return 0;
}

/* Its name below @top at the end of @buf; NULL: it is not below, or has no name that short. */
static const char *path_below(const struct snode *n, const struct snode *top, char *buf, size_t size)
{
	size_t at = size - 1;

	buf[at] = '\0';
	for (; n && n != top; n = n->parent) {
		if (at < n->len + 1)
			return NULL;
		if (buf[at])
			buf[--at] = '/';
		at -= n->len;
		memcpy(buf + at, n->name, n->len);
	}
	return n ? buf + at : NULL;
}

/* @n, which is complete, has got this name. */
int trigger_named(struct stage *st, struct snode *n)
{
	const char *path;
	char *buf;

	st->changed = true;
	if (!strcmp(n->name, CRFS_MANIFEST))
		return adopt(st, n);
	if (!st->man)
		return 0;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf) {
		stage_say(st, -ENOMEM, n->name, "no memory: copy it again");
		return -ENOMEM;
	}
	path = path_below(n, st->man->top, buf, PATH_MAX);
	if (path)
		link_entry(st, find(st->man, path, strlen(path)), n);
	kfree(buf);
	return 0;
}

void trigger_unnamed(struct stage *st, struct snode *n)
{
	st->changed = true;
	if (!st->man)
		return;
	if (n == st->man->file)
		trigger_reset(st);
	else
		unlink_entry(st, n);
}

/* Nobody writes it any more. */
int trigger_done(struct stage *st, struct sfile *f)
{
	struct snode *n;
	int rc = 0, r;

	if (f->complete)
		trigger_undone(st, f);
	f->complete = true;
	f->changed = false;
	list_for_each_entry(n, &f->names, same) {
		r = trigger_named(st, n);
		rc = rc ? rc : r;
	}
	return rc;
}

/*
 * Is it a file of the checkpoint, that completes it? One that is not cannot: it has yet to get its
 * name, as rsync's have, or is too much.
 */
bool trigger_names(const struct stage *st, const struct sfile *f)
{
	const struct snode *n;

	list_for_each_entry(n, &f->names, same)
		if (n->entry || (st->man && n == st->man->file))
			return true;
	return false;
}

void trigger_undone(struct stage *st, struct sfile *f)
{
	struct snode *n;

	if (!f->complete)
		return;
	list_for_each_entry(n, &f->names, same)
		trigger_unnamed(st, n);
	f->complete = false;
}

/* A directory has moved: whatever is below it has other names now. */
int trigger_moved(struct stage *st)
{
	struct snode *n, *file = st->man ? st->man->file : NULL;

	st->changed = true;
	trigger_reset(st);
	for (n = stage_next(&st->root, &st->root); n && !file; n = stage_next(n, &st->root))
		if (S_ISREG(n->inode->i_mode) && !strcmp(n->name, CRFS_MANIFEST) &&
		    sfile_of(n->inode)->complete)
			file = n;
	return file ? adopt(st, file) : 0;
}

/*
 * A manifest that comes last tells that files are missing, one that comes first only that they are
 * yet to come. It came last if most files are there and were made in its order, before it: tar and
 * cp do it so, rsync brings the files of the top directory first.
 */
static bool came_last(const struct manifest *m)
{
	u64 seq, last = 0;
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (!m->v[i].node)
			continue;
		seq = m->v[i].node->seq;
		if (seq < last)
			return false;
		last = seq;
	}
	return 2 * m->missing < m->n && last < m->file->seq;
}

/* Is a file empty that shall not be, and that somebody has yet to write? */
static bool unwritten(const struct manifest *m)
{
	const struct entry *en;

	for (en = m->v; en < m->v + m->n; en++)
		if (!en->empty && !i_size_read(en->node->inode) &&
		    sfile_of(en->node->inode)->writers)
			return true;
	return false;
}

/* Is there anything that trigger_run() would do? */
static bool due(const struct stage *st)
{
	return !st->busy && !st->over && st->man && st->changed && (!st->man->missing || st->fresh);
}

/**
 * trigger_run() - if all is there, verify it and restore; may drop the lock
 * @st: the stage
 * Return: 0, also if nothing was to do, or the negative errno of the first reason
 */
int trigger_run(struct stage *st)
{
	if (!due(st))
		return 0;
	if (st->man->missing && !came_last(st->man)) {
		st->fresh = false;
		return 0;
	}
	st->fresh = false;
	if (st->man->missing)
		return run_helper(st, RUN_VERIFY);
	st->changed = false;
	st->recheck = unwritten(st->man);
	return st->recheck ? 0 : run_helper(st, RUN_RESTORE);
}

/*
 * This process sets the times of @dir, which tools do when they are done with it: that is when a
 * file that never came is found missing, unless others still fill the stage.
 */
void trigger_finished(struct stage *st, const struct snode *dir)
{
	if (st->busy || st->over || !st->man || dir != st->man->top || !st->changed ||
	    2 * st->man->missing >= st->man->n || stage_others(st))
		return;
	st->changed = false;
	if (st->man->missing)
		run_later(st, 0, true);
}

void trigger_later(struct stage *st, int rc)
{
	if (rc || due(st))
		run_later(st, rc, false);
}
