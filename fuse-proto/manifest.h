/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: making a view's, and holding a staged tree against one. */
#ifndef CRFS_MANIFEST_H
#define CRFS_MANIFEST_H

#include <crfs/digest.h>

#include "err.h"
#include "tree.h"

/**
 * struct entry - a line of a staged manifest
 * @line: what it says; the path stands in the manifest's own copy of the text
 * @node: the file of that name, once whoever wrote it has closed it
 * @next: in the hash
 */
struct entry {
	struct crfs_digest line;
	struct node *node;
	struct entry *next;
};

/**
 * struct manifest - a staged manifest
 * @file, @top: it and its directory, the checkpoint's root
 * @v, @n: its lines
 * @missing: how many have no node
 */
struct manifest {
	struct node *file, *top;
	char *text;
	struct entry *v;
	size_t n;
	size_t missing;
	struct entry **slots;
	size_t mask;
};

#define MANIFEST_DIFFERS "it is not what the manifest says: copy it again, or renew its line if it was " \
			 "changed on purpose"

/** manifest_size() - exact size of the manifest of all below @top but @self, before it is made */
off_t manifest_size(struct node *top, uint8_t algorithm, const struct node *self);

/**
 * manifest_make() - its text; what has no digest yet is read for it
 * @text: malloc'ed, @size bytes as manifest_size() said
 */
int manifest_make(struct node *top, uint8_t algorithm, const struct node *self, char **text,
		  size_t size, struct err *e);

/** manifest_parse() - read a staged one. Return: 0, or -EBADMSG with the line and the reason */
int manifest_parse(struct node *file, struct manifest **m, struct err *e);
void manifest_free(struct manifest *m);

/** manifest_find() - the line for a path */
struct entry *manifest_find(const struct manifest *m, const char *path);

/**
 * manifest_verify() - is all there, and nothing else, and as it was?
 * @why: a line for each mismatch
 * @unwritten: how many of these are empty files that somebody has yet to write
 */
void manifest_verify(struct manifest *m, struct errlist *why, unsigned int *unwritten);
/** manifest_missing() - its first part: a line for each file that is not there. manifest_verify_there() - the rest */
void manifest_missing(const struct manifest *m, struct errlist *why);
void manifest_verify_there(struct manifest *m, struct errlist *why, unsigned int *unwritten);

#endif
