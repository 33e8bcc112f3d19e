// SPDX-License-Identifier: GPL-2.0-or-later
/* Generations: each tree that a mount shows, kept as long as the kernel or a handle needs it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "gen_cores.h"
#include "hash.h"

struct front *front_of(struct node *n)
{
	if (!n->front)
		n->front = calloc(1, sizeof(struct front));
	return n->front;
}

struct node *gen_node(struct gen *g, uint64_t ino)
{
	return ino < g->nr ? g->nodes[ino] : NULL;
}

int gen_add(struct gen *g, struct node *n)
{
	size_t room = g->room ? g->room : 64;
	struct node **nodes;

	while (room <= n->ino)
		room *= 2;
	if (room != g->room) {
		nodes = realloc(g->nodes, room * sizeof(*nodes));
		if (!nodes)
			return -ENOMEM;
		memset(nodes + g->room, 0, (room - g->room) * sizeof(*nodes));
		g->nodes = nodes;
		g->room = room;
	}
	g->nodes[n->ino] = n;
	if (g->nr <= n->ino)
		g->nr = n->ino + 1;
	return 0;
}

static ssize_t manifest_pread(struct node *n, void *buf, size_t size, off_t off)
{
	(void)n; (void)buf; (void)size; (void)off;
	return -EOPNOTSUPP;	/* it is made under the mount's eyes: gen_manifest() */
}

static const struct payload_ops manifest_ops = { .pread = manifest_pread };

/* The manifest is the last file of the tree. */
static int add_manifest(struct gen *g, const struct options *opts)
{
	struct node *root = tree_root(g->tree);
	off_t size = manifest_size(root, opts->digest, NULL);

	g->manifest = tree_payload(g->tree, root, "manifest", size, &manifest_ops, NULL, 0);
	return g->manifest ? 0 : -ENOMEM;
}

/* All of a view's nodes are known at once, and their numbers are their order. */
static int number(struct gen *g)
{
	struct node *n;

	g->room = tree_number(g->tree);
	g->nr = g->room;
	g->nodes = calloc(g->room, sizeof(*g->nodes));
	if (!g->nodes)
		return -ENOMEM;
	for (n = tree_root(g->tree); n; n = tree_next(n, NULL)) {
		g->nodes[n->ino] = n;
		n->mtime = g->time;
	}
	return 0;
}

/*
 * Two generations are at least a second apart, even if they were not: rsync, make and backup
 * tools take files of one size and of one second for the same.
 */
static void date(struct mount *m, struct gen *g)
{
	clock_gettime(CLOCK_REALTIME, &g->time);
	if (g->kind == GEN_STAGING)
		return;
	if (g->time.tv_sec <= m->last_time.tv_sec)
		g->time.tv_sec = m->last_time.tv_sec + 1;
	m->last_time = g->time;
}

static int fill_in(struct gen *g, const struct options *opts)
{
	int r = 0;

	if (!g->tree)
		return -ENOMEM;
	if (g->kind == GEN_VIEW)
		r = add_manifest(g, opts);
	return r ? r : number(g);
}

struct gen *gen_new(struct mount *m, enum gen_kind kind, struct view *v)
{
	struct gen *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->kind = kind;
	g->view = v;
	g->tree = v ? view_tree(v) : tree_new();
	pthread_mutex_init(&g->text_lock, NULL);
	pthread_mutex_init(&g->core_lock, NULL);
	date(m, g);
	if (fill_in(g, &m->opts) < 0 || !front_of(tree_root(g->tree))) {
		if (!v)
			tree_free(g->tree);
		free(g->nodes);
		free(g);
		return NULL;
	}
	*(struct front *)tree_root(g->tree)->front = (struct front){
		.mode = kind == GEN_STAGING ? 0700 : 0500, .uid = m->uid, .gid = m->gid,
	};
	g->id = ++m->next_id;
	g->next = m->gens;
	m->gens = g;
	return g;
}

static void drop_streams(struct gen *g)
{
	struct front *f;
	uint8_t digest[CRFS_DIGEST_MAX];
	size_t i;

	for (i = 0; i < g->nr; i++) {
		f = g->nodes[i] ? g->nodes[i]->front : NULL;
		if (!f || !f->stream)
			continue;
		hash_end(f->stream, digest);
		free(f->stream);
		f->stream = NULL;
	}
}

static void free_gen(struct gen *g)
{
	size_t i;

	drop_streams(g);
	cores_free(g);
	for (i = 0; i < g->nr; i++)
		if (g->nodes[i] && g->nodes[i]->front &&
		    ((struct front *)g->nodes[i]->front)->detached)
			node_free(g->nodes[i]);
	if (g->view)
		view_free(g->view);
	else
		tree_free(g->tree);
	pthread_mutex_destroy(&g->text_lock);
	pthread_mutex_destroy(&g->core_lock);
	free(g->nodes);
	free(g->text);
	free(g);
}

void gen_put(struct mount *m, struct gen *g, uint64_t refs)
{
	struct gen **p = &m->gens;

	g->refs -= refs;
	if (g->refs || g == m->cur || g == m->grace)
		return;
	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	if (g->view)
		fill_forget(&m->fill);
	free_gen(g);
}

void node_put(struct mount *m, struct gen *g, struct node *n)
{
	struct front *f = n->front;

	if (g->view || f->opens)
		return;
	if (g->over) {
		stage_drop(n);
	} else if (f->detached && !f->lookups) {
		g->nodes[n->ino] = NULL;
		node_free(n);
	} else if (!f->writers && n->kind == NODE_PAYLOAD) {
		stage_settle(&m->stage, n);
	}
}

/* Freeing a large container's bytes takes a while, so nobody waits for it, not for the lock either. */
static void drop_staged(struct mount *m, struct gen *g)
{
	struct bytes *list = NULL;
	struct front *f;
	size_t i;

	pthread_mutex_lock(&m->lock);
	for (i = 0; i < g->nr; i++) {
		f = g->nodes[i] ? g->nodes[i]->front : NULL;
		if (f && !f->opens)
			stage_take(g->nodes[i], &list);
	}
	pthread_mutex_unlock(&m->lock);
	stage_free(&m->stage, list);
}

static void after_retire(void *a, void *b)
{
	struct mount *m = a;
	struct gen *g = b;

	if (m->gone)
		m->gone(m->arg, g);
	if (!g->view)
		drop_staged(m, g);
	pthread_mutex_lock(&m->lock);
	gen_put(m, g, 1);
	pthread_mutex_unlock(&m->lock);
}

void gen_retire(struct mount *m, struct gen *g)
{
	if (g->over)
		return;
	g->over = true;
	if (g->view) {
		view_expire(g->view);
		fill_forget(&m->fill);
	} else {
		trigger_reset(m);
	}
	g->refs++;
	if (!m->notes.started || !work_add(&m->notes, after_retire, m, g))
		g->refs--;
}

int gen_manifest(struct mount *m, struct gen *g, const char **text)
{
	struct err e = { .code = 0 };
	int r = view_manifest(g->view, &e);

	pthread_mutex_lock(&g->text_lock);
	if (!r && !g->text)
		r = manifest_make(tree_root(g->tree), m->opts.digest, g->manifest, &g->text,
				  g->manifest->size, &e);
	pthread_mutex_unlock(&g->text_lock);
	if (r < 0) {
		pthread_mutex_lock(&m->lock);
		errlist_clear(&m->why);
		errlist_take(&m->why, &e);
		pthread_mutex_unlock(&m->lock);
		return r;
	}
	*text = g->text;
	return 0;
}
