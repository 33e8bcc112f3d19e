/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a checkpoint is read from, all alike: an archive, a directory, a mount, a cgroup. */
#ifndef CRTAR_SOURCE_H
#define CRTAR_SOURCE_H

#include "crtar.h"
#include "manifest.h"
#include "pool.h"
#include "progress.h"
#include "stage.h"

enum source_kind { SOURCE_ARCHIVE, SOURCE_DIR, SOURCE_MOUNT, SOURCE_CGROUP, SOURCE_MTREE };

/**
 * enum source_bytes - what becomes of the payloads of an archive, which can be read but once
 * @BYTES_NONE: skipped; @BYTES_DIGEST: digested; @BYTES_KEEP: digested and held
 */
enum source_bytes { BYTES_NONE, BYTES_DIGEST, BYTES_KEEP };

#define SOURCE_BOTH ((1 << CRFS_XXH64) | (1 << CRFS_SHA256))

#define SOURCE_BASES 32

struct feeder;
struct reading;

/**
 * struct source - a checkpoint, opened
 * @name: as the user gave it
 * @contents: it is an mtree, and this directory has what it lists; else NULL
 * @offset: where in its file an archive begins
 * @bytes, @keep, @tap, @arg: set by whoever opens it; @keep: stage this payload all the same (may be NULL)
 * @apart: pages need not be read now: of a tar in a file that is not compressed all payloads are left where they are
 * @pauses: likewise by an index, and what must be read in order is read up to the first of them (archive_more()
 *	reads on)
 * @feeder: takes them then, as they come; NULL: they are staged
 * @reading: an archive that is open
 * @tap: an archive's bytes go by (may be NULL); not called for holes
 * @progress: of reading an archive; begun by whoever wants it
 * @pool: for what goes with the source
 * @base, @bases: names of checkpoints that have what it has not; @chain, @opened: those that were opened
 * @opts: for a cgroup
 * @tree, @top: the tree, and the directory in it that is the checkpoint
 * @man: its manifest once source_manifest() has read it
 * @dir: the directory, -1: it is none
 * @view, @cg: of a cgroup
 * @algorithms: digests that are taken of payloads, a bit each; 0: let source_open() choose
 * @budget: bytes that may yet be held here; @holes: that may be digested without being there
 * @members: files and directories so far; @members_max: how many there may be
 */
struct source {
	const char *name, *contents;
	off_t offset;
	enum source_bytes bytes;
	bool (*keep)(struct source *s, struct node *n);
	int (*tap)(struct source *s, struct node *n, const void *buf, size_t len, off_t off, struct err *e);
	void *arg;
	bool apart, pauses;
	struct feeder *feeder;
	struct reading *reading;
	const char *base[SOURCE_BASES];
	struct source *chain[SOURCE_BASES];
	unsigned int bases, opened;
	struct progress progress;
	struct pool pool;
	struct options opts;
	enum source_kind kind;
	struct tree *tree;
	struct node *top;
	struct manifest *man;
	struct stage stage;
	int dir;
	struct view *view;
	struct cgroup cg;
	unsigned int algorithms;
	uint64_t budget, holes;
	size_t members, members_max;
};

/**
 * struct member - what a source keeps of a file (node->front), of which there may be many
 * @sha: its SHA-256, where both digests were taken, else NULL
 * @sums: of its pages (pages.c)
 * @trusted: its digest is that of the manifest, and it is yet to be held against it
 */
struct member {
	struct stored;
	uint8_t *sha;
	struct sums *sums;
	bool trusted;
};

/** source_open() - find out what @s->name is and read it. Return: 0 or the first reason's errno */
int source_open(struct source *s, struct errlist *why);
void source_close(struct source *s);

/** source_forget() - of a source only its manifest is needed from now on: the rest takes no memory any more */
void source_forget(struct source *s);

/** source_manifest() - read the manifest and find its files. Return: 0, or a negative errno */
int source_manifest(struct source *s, struct errlist *why);

/** source_link() - find the file of a line of the manifest */
void source_link(struct source *s, struct entry *en);

#define SOURCE_FEW 8	/* missing files that are named each; more of them are no accident, and told at once */

/** source_verify() - hold it against its manifest, which has been read (chain.c). Return: why->first */
int source_verify(struct source *s, struct errlist *why);

/** source_base() - name a further base. Return: 0, or -E2BIG */
int source_base(struct source *s, const char *name);

/** chain_open() - take what the manifest names and the source has not from the bases (chain.c) */
int chain_open(struct source *s, struct errlist *why);
void chain_close(struct source *s);

/** source_root() - find where in the tree the checkpoint begins. Return: as source_open() */
int source_root(struct source *s, struct errlist *why);

/** source_is_page() - is it an extent of an address space? */
bool source_is_page(const struct node *n);

/** source_file() - the node at "tasks/42/regs" of the checkpoint, or NULL */
struct node *source_file(const struct source *s, const char *path);

/**
 * source_place() - find the place of a member in the tree
 * @path: as the archive has it, whatever that is
 * @dir: it is a directory: one that is there already is no mistake
 * @n: the node, without content
 * Return: 0, or a negative errno: it cannot be a part of a checkpoint
 */
int source_place(struct source *s, const char *path, bool dir, struct node **n, struct err *e);

/** source_limit() - find out how many members there may be. Return: 0 or -EINVAL */
int source_limit(struct source *s, struct err *e);

/** source_room() - take @size bytes of the budget. Return: 0 or -EFBIG */
int source_room(struct source *s, uint64_t size, struct err *e);

/** source_text() - give a file its content in memory; takes over @text */
void source_text(struct node *n, char *text, size_t size);

/* The kinds: each fills @s->tree. */
int archive_load(struct source *s, struct err *e);

/** archive_paused() - it has been read up to its first page; archive_more() - read the rest of it */
bool archive_paused(const struct source *s);
int archive_more(struct source *s, struct err *e);
void archive_close(struct source *s);

/** archive_has_fd() - does it read from this descriptor? */
bool archive_has_fd(const struct source *s, int fd);

/** source_anywhere() - can pages be read in any order, as they are? */
bool source_anywhere(const struct source *s);

int dir_load(struct source *s, struct err *e);
int cgroup_load(struct source *s, struct err *e);
int mtree_load(struct source *s, struct err *e);

/** dir_file() - the file that stands below @s->dir under the name of @n */
int dir_file(struct source *s, struct node *n, struct err *e);

#endif
