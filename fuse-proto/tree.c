// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree in memory: nodes, their order, and the hash that finds them by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tree.h"

/**
 * struct tree - all nodes
 * @slots: hash of (directory, name), @mask + 1 of them
 * @count: nodes beside the root
 * @next_ino: what the next node gets; tree_number() puts readdir order into them
 */
struct tree {
	struct node **slots;
	size_t mask;
	size_t count;
	uint64_t next_ino;
	struct node root;
};

static size_t slot_of(const struct tree *t, const struct node *dir, const char *name)
{
	return XXH64(name, strlen(name), (uintptr_t)dir) & t->mask;
}

static void hash_add(struct tree *t, struct node *n)
{
	struct node **slot = &t->slots[slot_of(t, n->parent, n->name)];

	n->hash_next = *slot;
	*slot = n;
}

static void hash_del(struct tree *t, struct node *n)
{
	struct node **p = &t->slots[slot_of(t, n->parent, n->name)];

	while (*p && *p != n)
		p = &(*p)->hash_next;
	if (*p)
		*p = n->hash_next;
	n->hash_next = NULL;
}

/* Doubles the hash once it holds as many nodes as slots; without memory it just gets slower. */
static void hash_grow(struct tree *t)
{
	size_t old = t->mask + 1, i;
	struct node **slots, **from = t->slots, *n, *next;

	if (t->count <= old)
		return;
	slots = calloc(2 * old, sizeof(*slots));
	if (!slots)
		return;
	t->slots = slots;
	t->mask = 2 * old - 1;
	for (i = 0; i < old; i++) {
		for (n = from[i]; n; n = next) {
			next = n->hash_next;
			hash_add(t, n);
		}
	}
	free(from);
}

struct tree *tree_new(void)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->mask = 255;
	t->slots = calloc(t->mask + 1, sizeof(*t->slots));
	if (!t->slots) {
		free(t);
		return NULL;
	}
	t->root.name = (char *)"";
	t->root.kind = NODE_DIR;
	clock_gettime(CLOCK_REALTIME, &t->root.mtime);
	t->next_ino = 1;
	return t;
}

static void free_name(struct node *n)
{
	if (n->name != n->own_name)
		free(n->name);
}

void node_free(struct node *n)
{
	if (n->ops && n->ops->free)
		n->ops->free(n);
	free(n->text);
	free(n->front);
	free_name(n);
	free(n);
}

static void free_below(struct node *dir)
{
	struct node *n, *next;

	for (n = dir->child; n; n = next) {
		next = n->next;
		free_below(n);
		node_free(n);
	}
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	free_below(&t->root);
	free(t->root.front);
	free(t->slots);
	free(t);
}

struct node *tree_root(struct tree *t)
{
	return &t->root;
}

static void list_add(struct node *dir, struct node *n)
{
	n->next = NULL;
	n->prev = dir->last;
	if (dir->last)
		dir->last->next = n;
	else
		dir->child = n;
	dir->last = n;
	n->parent = dir;
}

static void list_del(struct node *n)
{
	struct node *dir = n->parent;

	if (n->prev)
		n->prev->next = n->next;
	else
		dir->child = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		dir->last = n->prev;
	n->next = NULL;
	n->prev = NULL;
}

static struct node *add(struct tree *t, struct node *dir, const char *name, enum node_kind kind)
{
	size_t len = strlen(name) + 1;
	struct node *n = calloc(1, sizeof(*n) + len);

	if (!n)
		return NULL;
	n->name = memcpy(n->own_name, name, len);
	n->kind = kind;
	n->ino = t->next_ino++;
	n->mtime = t->root.mtime;
	list_add(dir, n);
	t->count++;
	hash_grow(t);
	hash_add(t, n);
	return n;
}

struct node *tree_dir(struct tree *t, struct node *dir, const char *name)
{
	struct node *n = tree_find(t, dir, name);

	return n ? n : add(t, dir, name, NODE_DIR);
}

struct node *tree_text(struct tree *t, struct node *dir, const char *name, char *text, size_t size)
{
	struct node *n = add(t, dir, name, NODE_TEXT);

	if (!n)
		return NULL;
	n->text = text;
	n->size = size;
	return n;
}

struct node *tree_payload(struct tree *t, struct node *dir, const char *name, off_t size,
			  const struct payload_ops *ops, void *priv, uint64_t arg)
{
	struct node *n = add(t, dir, name, NODE_PAYLOAD);

	if (!n)
		return NULL;
	n->size = size;
	n->ops = ops;
	n->priv = priv;
	n->arg = arg;
	return n;
}

struct node *tree_find(struct tree *t, struct node *dir, const char *name)
{
	struct node *n = t->slots[slot_of(t, dir, name)];

	while (n && (n->parent != dir || strcmp(n->name, name)))
		n = n->hash_next;
	return n;
}

struct node *tree_path_find(struct tree *t, struct node *dir, const char *path)
{
	char name[256];
	size_t len;

	while (dir && *path) {
		len = strcspn(path, "/");
		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		dir = tree_find(t, dir, name);
		path += len;
		path += *path == '/';
	}
	return dir;
}

void tree_detach(struct tree *t, struct node *n)
{
	hash_del(t, n);
	list_del(n);
	n->parent = NULL;
	t->count--;
}

void tree_remove(struct tree *t, struct node *n)
{
	tree_detach(t, n);
	node_free(n);
}

static bool is_below(const struct node *n, const struct node *top)
{
	while (n && n != top)
		n = n->parent;
	return n;
}

int tree_move(struct tree *t, struct node *n, struct node *dir, const char *name)
{
	struct node *old = tree_find(t, dir, name);
	char *copy;

	if (old == n)
		return 0;
	if (is_below(dir, n))
		return -EINVAL;
	if (old && (old->kind == NODE_DIR) != (n->kind == NODE_DIR))
		return old->kind == NODE_DIR ? -EISDIR : -ENOTDIR;
	if (old && old->child)
		return -ENOTEMPTY;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	if (old)
		tree_remove(t, old);
	hash_del(t, n);
	free_name(n);
	n->name = copy;
	if (n->parent != dir) {
		list_del(n);
		list_add(dir, n);
	}
	hash_add(t, n);
	return 0;
}

const char *tree_path(const struct node *n, const struct node *top, char *buf, size_t size)
{
	char *p = buf + size - 1;
	size_t len;

	*p = '\0';
	for (; n && n->parent && n != top; n = n->parent) {
		len = strlen(n->name);
		if ((size_t)(p - buf) < len + 1)
			break;
		if (*p)
			*--p = '/';
		p -= len;
		memcpy(p, n->name, len);
	}
	return p;
}

struct node *tree_next(struct node *n, const struct node *top)
{
	if (n->child)
		return n->child;
	while (n && n != top && !n->next)
		n = n->parent;
	return n && n != top ? n->next : NULL;
}

size_t tree_number(struct tree *t)
{
	struct node *n;
	uint64_t ino = 0;

	for (n = &t->root; n; n = tree_next(n, NULL))
		n->ino = ino++;
	t->next_ino = ino;
	return ino;
}

ssize_t node_pread(struct node *n, void *buf, size_t size, off_t off)
{
	if (n->kind == NODE_DIR)
		return -EISDIR;
	if (n->ops)
		return n->ops->pread(n, buf, size, off);
	if (off < 0)
		return -EINVAL;
	if (off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	memcpy(buf, n->text + off, size);
	return size;
}
