/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every page of an address space is: where a checkpoint has it, or why it has not. */
#ifndef CRTAR_SHADE_H
#define CRTAR_SHADE_H

#include "look.h"

/**
 * enum shade - of a run of pages
 * @SHADE_DIRTY: of a file's private mapping, and no longer what the file has
 * @SHADE_ANON: memory of its own
 * @SHADE_COW: the same as in the process it was forked from, and stands there
 * @SHADE_SHARED: of an inode that travels: shared memory, an unlinked file
 * @SHADE_FILE: what the file has, and only that has it
 * @SHADE_NONE: never written
 */
enum shade { SHADE_DIRTY, SHADE_ANON, SHADE_COW, SHADE_SHARED, SHADE_FILE, SHADE_NONE, NR_SHADES };

/** struct shading - a shade's name, colour, and a line about it */
struct shading {
	const char *name, *colour, *what;
};
extern const struct shading shadings[NR_SHADES];

/** struct shades - bytes of each */
struct shades {
	uint64_t bytes[NR_SHADES];
};

/** shade_run() - the shade at @at of mapping @v. Return: the end of the run, within the mapping */
uint64_t shade_run(struct imem *m, const struct iobj *mm, const struct crfs_vma *v, uint64_t at,
		   enum shade *shade);

/** shade_add() - count a mapping's */
void shade_add(struct imem *m, const struct iobj *mm, const struct crfs_vma *v, struct shades *s);

/** shade_here() - bytes that are in the checkpoint */
uint64_t shade_here(const struct shades *s);

#endif
