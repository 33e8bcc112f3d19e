// SPDX-License-Identifier: GPL-2.0-or-later
/* A checkpoint from wherever it is: what the name means, and where in it the checkpoint begins. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <crfs/format.h>

#include "hash.h"
#include "source.h"

int source_room(struct source *s, uint64_t size, struct err *e)
{
	if (size > s->budget)
		return fail(e, -EFBIG, "it would take more memory than this machine has: is this a checkpoint");
	s->budget -= size;
	return 0;
}

void source_text(struct node *n, char *text, size_t size)
{
	n->text = text;
	n->size = size;
	((struct stored *)n->front)->room = size + 1;
}

bool source_is_page(const struct node *n)
{
	const struct node *mm = n->kind != NODE_DIR && n->parent && !strcmp(n->parent->name, "pages") ?
				n->parent->parent : NULL;

	return mm && mm->parent && !strcmp(mm->parent->name, CRFS_MMS);
}

struct node *source_file(const struct source *s, const char *path)
{
	return tree_path_find(s->tree, s->top, path);
}

static int open_contents(struct source *s, struct err *e)
{
	s->kind = SOURCE_MTREE;
	s->dir = open(s->contents, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return fail_on(e, -errno, s->contents, "open it: name the directory that has what the mtree lists");
	return 0;
}

static int kind_of(struct source *s, struct err *e)
{
	struct stat st;

	if (s->contents)
		return open_contents(s, e);
	s->kind = SOURCE_ARCHIVE;
	if (!strcmp(s->name, "-"))
		return 0;
	if (stat(s->name, &st) < 0)
		return fail_on(e, -errno, s->name, "open it: name a checkpoint");
	if (!S_ISDIR(st.st_mode))
		return 0;
	s->dir = open(s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return fail_on(e, -errno, s->name, "open it: name a directory that you may read");
	if (!faccessat(s->dir, "cgroup.procs", F_OK, 0))
		s->kind = SOURCE_CGROUP;
	else if (!faccessat(s->dir, ".crfs/state", F_OK, 0))
		s->kind = SOURCE_MOUNT;
	else
		s->kind = SOURCE_DIR;
	return 0;
}

static int load(struct source *s, struct err *e)
{
	if (s->kind == SOURCE_CGROUP)
		return cgroup_load(s, e);
	s->tree = tree_new();
	if (!s->tree)
		return fail(e, -ENOMEM, "memory for a tree");
	return s->kind == SOURCE_ARCHIVE ? archive_load(s, e) :
	       s->kind == SOURCE_MTREE ? mtree_load(s, e) : dir_load(s, e);
}

/* The directory with the manifest; without one (a live view has none) that with the header. */
static struct node *find_top(struct source *s, const char *name, struct errlist *why)
{
	struct node *n, *top = NULL;
	char buf[PATH_MAX];

	for (n = tree_root(s->tree); n; n = tree_next(n, NULL)) {
		if (n->kind == NODE_DIR || strcmp(n->name, name))
			continue;
		if (top)
			errlist_add(why, -EEXIST, tree_path(n, NULL, buf, sizeof(buf)),
				    "another checkpoint begins here: name a source with one in it");
		top = top ? top : n->parent;
	}
	return top;
}

static bool is_below(const struct node *n, const struct node *top)
{
	while (n && n != top)
		n = n->parent;
	return n;
}

int source_root(struct source *s, struct errlist *why)
{
	char buf[PATH_MAX];
	struct node *n;

	s->top = find_top(s, CRFS_MANIFEST, why);
	if (!s->top)
		s->top = find_top(s, CRFS_HEADER, why);
	if (!s->top)
		errlist_add(why, -ENOENT, s->name, "there is no checkpoint in it: it has neither manifest nor header");
	for (n = tree_root(s->tree); n && s->top; n = tree_next(n, NULL))
		if (n->kind != NODE_DIR && !is_below(n, s->top))
			errlist_add(why, -EINVAL, tree_path(n, NULL, buf, sizeof(buf)),
				    "it stands beside the checkpoint: take it out");
	return why->first;
}

static uint64_t memory_of_machine(void)
{
	struct sysinfo si;

	if (sysinfo(&si) < 0)
		return 1ULL << 30;
	return ((uint64_t)si.totalram + si.totalswap) * si.mem_unit;
}

int source_open(struct source *s, struct errlist *why)
{
	struct errlist quiet = { .text = NULL };
	struct err e = { .code = 0 };

	s->dir = -1;
	s->cg.dir = -1;
	s->budget = s->holes = memory_of_machine();
	stage_init(&s->stage);
	if (source_limit(s, &e) < 0 || kind_of(s, &e) < 0 || load(s, &e) < 0)
		errlist_take(why, &e);
	else if (s->kind == SOURCE_CGROUP)
		s->top = tree_root(s->tree);
	else if (archive_paused(s))
		s->top = find_top(s, CRFS_HEADER, &quiet);
	else
		source_root(s, why);
	errlist_clear(&quiet);
	return why->first;
}

void source_forget(struct source *s)
{
	struct manifest *man = s->man;
	size_t i;

	for (i = 0; i < man->n; i++)
		man->v[i].node = NULL;
	man->file = man->top = NULL;
	s->man = NULL;
	source_close(s);
	s->man = man;
}

void source_close(struct source *s)
{
	manifest_free(s->man);
	if (s->view)
		view_free(s->view);
	else if (s->tree)
		tree_free(s->tree);
	archive_close(s);
	chain_close(s);
	if (s->budget)	/* else it was never opened, and its stage has descriptor 0 */
		stage_stop(&s->stage);
	pool_free(&s->pool);
	if (s->dir >= 0)
		close(s->dir);
	if (s->cg.dir >= 0)
		cgroup_close(&s->cg);
	s->man = NULL;
	s->view = NULL;
	s->tree = NULL;
	s->top = NULL;
	s->dir = s->cg.dir = -1;
}

void source_link(struct source *s, struct entry *en)
{
	char path[PATH_MAX];
	struct member *m;
	struct node *n;

	snprintf(path, sizeof(path), "%.*s", (int)en->line.path.len, en->line.path.p);
	n = source_file(s, path);
	if (!n || n->kind == NODE_DIR || en->node)
		return;
	m = n->front;
	m->entry = en;
	en->node = n;
	s->man->missing--;
	if (en->line.algorithm == CRFS_SHA256 && m->sha) {
		memcpy(n->digest, m->sha, CRFS_DIGEST_MAX);
		m->algorithm = CRFS_SHA256;
	}
}

/* Payloads that were digested and let go, and by another digest than the manifest's. */
static bool is_other_digest(const struct source *s)
{
	size_t i;

	if (s->kind != SOURCE_ARCHIVE || s->bytes != BYTES_DIGEST)
		return false;
	for (i = 0; i < s->man->n; i++)
		if (!(s->algorithms & 1 << s->man->v[i].line.algorithm))
			return true;
	return false;
}

static int again_with_both(struct source *s, struct errlist *why)
{
	source_close(s);
	s->algorithms = SOURCE_BOTH;
	return source_open(s, why) ?: source_manifest(s, why);
}

static ssize_t manifest_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct manifest *m = n->priv;

	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	memcpy(buf, m->text + off, size);
	return size;
}

static const struct payload_ops in_manifest = { .pread = manifest_pread };

/* It may be large, and is the same text: once is enough. */
static void share_text(struct manifest *m)
{
	struct node *n = m->file;

	if (n->ops || !n->text)
		return;
	free(n->text);
	n->text = NULL;
	n->kind = NODE_PAYLOAD;
	n->ops = &in_manifest;
	n->priv = m;
}

int source_manifest(struct source *s, struct errlist *why)
{
	struct node *n = source_file(s, CRFS_MANIFEST);
	struct err e = { .code = 0 };
	size_t i;

	if (!n)
		fail_on(&e, -ENOENT, CRFS_MANIFEST, "there is none: the copy is not whole, or of a container that ran");
	else
		manifest_parse(n, &s->man, &e);
	if (e.code) {
		errlist_take(why, &e);
		return e.code;
	}
	if (is_other_digest(s))
		return again_with_both(s, why);
	share_text(s->man);
	for (i = 0; i < s->man->n; i++)
		source_link(s, &s->man->v[i]);
	return s->bases ? chain_open(s, why) : 0;
}

int source_base(struct source *s, const char *name)
{
	if (s->bases == SOURCE_BASES)
		return -E2BIG;
	s->base[s->bases++] = name;
	return 0;
}
