/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF cores of the tasks of a generation that is a view of a frozen container: .crfs/core/<tid>. */
#ifndef CRFS_GEN_CORES_H
#define CRFS_GEN_CORES_H

#include "elfcore.h"
#include "gen.h"

/*
 * All without m->lock, but with a reference to the generation. The first of these that is called
 * parses the whole tree; whoever asks meanwhile waits.
 */

/** cores_size() - what stat says of a task's core. Return: 0, -ENOENT, or another errno, noted in .crfs/error */
int cores_size(struct mount *m, struct gen *g, unsigned int tid, off_t *size);

/** cores_open() - the core itself, for the caller to free */
int cores_open(struct mount *m, struct gen *g, unsigned int tid, struct elfcore **c);

/** cores_next() - the first tid above @after that has a core, or 0 */
unsigned int cores_next(struct mount *m, struct gen *g, unsigned int after);

/** cores_asked() - the @i-th tid whose size was told, 0: no more */
unsigned int cores_asked(const struct gen *g, size_t i);

/** cores_free() - with the generation */
void cores_free(struct gen *g);

#endif
