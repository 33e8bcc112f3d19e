/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which memory of an archive is kept as it goes by, for those who look at some of it. */
#ifndef CRTAR_MEMORY_H
#define CRTAR_MEMORY_H

#include "image_memory.h"
#include "look.h"

/** memory_keep_args() - for source.keep: stage the memory that holds the arguments of programs */
bool memory_keep_args(struct source *s, struct node *n);

/** memory_keep_pages() - the same of all memory */
bool memory_keep_pages(struct source *s, struct node *n);

#endif
