/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations: each tree that a mount shows, kept as long as the kernel or a handle needs it. */
#ifndef CRFS_GEN_H
#define CRFS_GEN_H

#include "mount.h"

/**
 * struct gen - a generation: one tree that the mount shows, or has shown and is still in use
 * @id: from 1; the upper half of its inode numbers
 * @over: stale: reading answers ESTALE (a staged tree that became a container: its files are empty)
 * @view: NULL for staging
 * @nodes, @nr, @room: by node.ino
 * @refs: the kernel's references, open handles and jobs
 * @seq: position of the next staged node in readdir
 * @changes: of the staged tree's shape, so that a readdir knows when to look again where it was
 * @manifest: a view's manifest, NULL in a live view
 * @text: its text once made; @text_lock while it is
 * @cores: what is known of the ELF cores of its tasks (gen_cores.c); @core_lock while it is looked at
 */
struct gen {
	struct gen *next;
	uint32_t id;
	enum gen_kind kind;
	bool over;
	struct view *view;
	struct tree *tree;
	struct node **nodes;
	size_t nr, room;
	uint64_t refs;
	uint64_t seq;
	unsigned long changes;
	struct timespec time;
	struct node *manifest;
	char *text;
	pthread_mutex_t text_lock;
	struct cores *cores;
	pthread_mutex_t core_lock;
};

/** gen_new() - the next generation, of @v, which it owns on success, or an empty staging; locked */
struct gen *gen_new(struct mount *m, enum gen_kind kind, struct view *v);

/** gen_node() - by inode number, or NULL; locked, as all that follows */
struct node *gen_node(struct gen *g, uint64_t ino);

/** gen_add() - let a staged node be found by its number. Return: 0 or -ENOMEM */
int gen_add(struct gen *g, struct node *n);

/** gen_put() - give back references; an old generation goes with the last one */
void gen_put(struct mount *m, struct gen *g, uint64_t refs);

/** gen_retire() - it is over: stale from now on; staged bytes go, the nodes stay */
void gen_retire(struct mount *m, struct gen *g);

/** node_put() - a handle or reference of a node went: do what waited for the last one */
void node_put(struct mount *m, struct gen *g, struct node *n);

/** front_of() - node.front, made if need be; NULL without memory */
struct front *front_of(struct node *n);

/** gen_manifest() - the text of a view's manifest; without m->lock */
int gen_manifest(struct mount *m, struct gen *g, const char **text);

#endif
