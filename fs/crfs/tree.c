// SPDX-License-Identifier: GPL-2.0-only
/* The tree of a generation: nodes, their order, and the hash that finds them by name. */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/stringhash.h>

#include "internal.h"

static struct cnode *node_new(struct gen *gen, const char *name, enum node_kind kind)
{
	size_t len = strlen(name) + 1;
	struct cnode *n = kzalloc(struct_size(n, name, len), GFP_KERNEL_ACCOUNT);

	if (!n)
		return NULL;
	memcpy(n->name, name, len);
	n->gen = gen;
	n->kind = kind;
	return n;
}

int tree_init(struct tree *t, struct gen *gen)
{
	*t = (struct tree){ .mask = 63 };
	t->slots = kvcalloc(t->mask + 1, sizeof(*t->slots), GFP_KERNEL_ACCOUNT);
	t->root = node_new(gen, "", NODE_DIR);
	if (t->slots && t->root)
		return 0;
	tree_free(t);
	return -ENOMEM;
}

static void node_free(struct cnode *n)
{
	kvfree(n->text);
	kfree(n);
}

/* Leaves first, without recursion: a node goes when its children are gone. */
void tree_free(struct tree *t)
{
	struct cnode *n = t->root, *up;

	while (n) {
		if (n->child) {
			n = n->child;
			continue;
		}
		up = n->parent;
		if (up)
			up->child = n->next;
		node_free(n);
		n = up && up->child ? up->child : up;
	}
	kvfree(t->slots);
	*t = (struct tree){ .mask = 0 };
}

static size_t slot_of(const struct tree *t, const struct cnode *dir, const char *name, size_t len)
{
	return full_name_hash(dir, name, len) & t->mask;
}

static void hash_add(struct tree *t, struct cnode *n)
{
	struct cnode **slot = &t->slots[slot_of(t, n->parent, n->name, strlen(n->name))];

	n->hash_next = *slot;
	*slot = n;
}

/* Doubles the hash once it holds as many nodes as slots; without memory it just gets slower. */
static void hash_grow(struct tree *t)
{
	size_t old = t->mask + 1, i;
	struct cnode **from = t->slots, **slots, *n, *next;

	if (t->count <= old)
		return;
	slots = kvcalloc(2 * old, sizeof(*slots), GFP_KERNEL_ACCOUNT);
	if (!slots)
		return;
	t->slots = slots;
	t->mask = 2 * old - 1;
	for (i = 0; i < old; i++)
		for (n = from[i]; n; n = next) {
			next = n->hash_next;
			hash_add(t, n);
		}
	kvfree(from);
}

static struct cnode *add(struct tree *t, struct cnode *dir, const char *name, enum node_kind kind)
{
	struct cnode *n = node_new(t->root->gen, name, kind);

	if (!n)
		return NULL;
	n->parent = dir;
	if (dir->last)
		dir->last->next = n;
	else
		dir->child = n;
	dir->last = n;
	t->count++;
	hash_grow(t);
	hash_add(t, n);
	return n;
}

struct cnode *tree_dir(struct tree *t, struct cnode *dir, const char *name)
{
	struct cnode *n = tree_find(t, dir, name, strlen(name));

	return n ? n : add(t, dir, name, NODE_DIR);
}

/* Takes over @text, also on failure. */
struct cnode *tree_text(struct tree *t, struct cnode *dir, const char *name, char *text,
			size_t size)
{
	struct cnode *n = add(t, dir, name, NODE_TEXT);

	if (!n) {
		kvfree(text);
		return NULL;
	}
	n->text = text;
	n->size = size;
	return n;
}

struct cnode *tree_payload(struct tree *t, struct cnode *dir, const char *name, loff_t size,
			  const struct payload_ops *ops, void *priv, u64 arg)
{
	struct cnode *n = add(t, dir, name, NODE_PAYLOAD);

	if (!n)
		return NULL;
	n->size = size;
	n->ops = ops;
	n->priv = priv;
	n->arg = arg;
	return n;
}

struct cnode *tree_find(struct tree *t, struct cnode *dir, const char *name, size_t len)
{
	struct cnode *n = t->slots[slot_of(t, dir, name, len)];

	while (n && (n->parent != dir || strlen(n->name) != len || memcmp(n->name, name, len)))
		n = n->hash_next;
	return n;
}

/* The node behind @n in readdir order, depth first. */
struct cnode *tree_next(struct cnode *n)
{
	if (n->child)
		return n->child;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* "tasks/42/regs" at the end of @buf. Return: where it begins */
size_t tree_path(const struct cnode *n, char *buf, size_t size)
{
	size_t at = size - 1, len;

	buf[at] = '\0';
	for (; n->parent; n = n->parent) {
		len = strlen(n->name);
		if (at < len + 1)
			break;
		if (buf[at])
			buf[--at] = '/';
		at -= len;
		memcpy(buf + at, n->name, len);
	}
	return at;
}

void tree_number(struct tree *t)
{
	struct cnode *n;
	u64 ino = 1;

	for (n = t->root; n; n = tree_next(n))
		n->ino = ino++;
}
