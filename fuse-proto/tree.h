/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree in memory: directories, texts and payloads; what a view shows and what is staged. */
#ifndef CRFS_TREE_H
#define CRFS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

struct node;
struct tree;

/**
 * struct payload_ops - where the bytes of a payload come from (view) or stand (staging)
 * @pread: up to @n bytes at @off into @buf. Thread-safe. Return: bytes (short only at the end of
 *	the file), -ESTALE when the generation is over, another negative errno
 * @hole: the first offset >= @off that is data (@data) or hole (!@data), as lseek(2); may be NULL
 * @free: called when the node goes; may be NULL
 */
struct payload_ops {
	ssize_t (*pread)(struct node *n, void *buf, size_t size, off_t off);
	off_t (*hole)(struct node *n, off_t off, bool data);
	void (*free)(struct node *n);
};

enum node_kind { NODE_DIR, NODE_TEXT, NODE_PAYLOAD };

/**
 * struct node - a directory, a text or a payload
 * @name: as in the directory; "" for the root; at @own_name, unless it has been given another
 * @ino: grows in readdir order over the whole tree, so that readdir and inode order are one
 * @kind: enum node_kind
 * @digest_known: @digest is
 * @size: exact, in bytes
 * @mtime: for an extent, when it was last found dirty; else when the generation was taken
 * @text: NODE_TEXT: its bytes (view), @size of them
 * @ops, @priv, @arg: NODE_PAYLOAD: where the bytes are; @priv and @arg belong to @ops
 * @digest: XXH64 of the content once known, in the order the manifest prints it
 */
struct node {
	char *name;
	struct node *parent;
	struct node *child, *last, *next, *prev;
	uint64_t ino;
	enum node_kind kind;
	bool digest_known;
	off_t size;
	struct timespec mtime;
	char *text;
	const struct payload_ops *ops;
	void *priv;
	uint64_t arg;
	uint8_t digest[32];
	void *front;		/* the front end's own, malloc'ed; freed with the node */
	struct node *hash_next;
	char own_name[];
};

/**
 * tree_new() - an empty tree; names are looked up through a hash, so directories may be large
 * Return: the tree, or NULL (no memory)
 */
struct tree *tree_new(void);
void tree_free(struct tree *t);
struct node *tree_root(struct tree *t);

/** tree_dir() - make (or find) directory @name below @dir, appended in readdir order */
struct node *tree_dir(struct tree *t, struct node *dir, const char *name);

/** tree_text() - make a text; takes over @text (malloc'ed), which may be NULL if @size is 0 */
struct node *tree_text(struct tree *t, struct node *dir, const char *name, char *text, size_t size);

/** tree_payload() - make a payload of exactly @size bytes */
struct node *tree_payload(struct tree *t, struct node *dir, const char *name, off_t size,
			  const struct payload_ops *ops, void *priv, uint64_t arg);

/** tree_find() - child @name of @dir, or NULL */
struct node *tree_find(struct tree *t, struct node *dir, const char *name);

/** tree_path_find() - the node at "tasks/42/regs" below @dir, or NULL */
struct node *tree_path_find(struct tree *t, struct node *dir, const char *path);

/** tree_remove() - take a childless node out and free it */
void tree_remove(struct tree *t, struct node *n);

/** tree_detach() - take a node out but keep it: somebody still has it open; then node_free() */
void tree_detach(struct tree *t, struct node *n);
void node_free(struct node *n);

/** tree_move() - rename within the tree; an existing target of the same kind is replaced */
int tree_move(struct tree *t, struct node *n, struct node *dir, const char *name);

/** tree_path() - "tasks/42/regs", relative to @top (or the root if NULL), into @buf */
const char *tree_path(const struct node *n, const struct node *top, char *buf, size_t size);

/** tree_next() - the node after @n in readdir order, depth first, within @top; NULL at the end */
struct node *tree_next(struct node *n, const struct node *top);

/** tree_number() - number all nodes in readdir order, the root is 0. Return: how many there are */
size_t tree_number(struct tree *t);

/** node_pread() - content of any text or payload. Return: bytes or a negative errno */
ssize_t node_pread(struct node *n, void *buf, size_t size, off_t off);

#endif
