/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a task as its checkpoint has it, wherever in the tree that stands. */
#ifndef CRFS_IMAGE_MEMORY_H
#define CRFS_IMAGE_MEMORY_H

#include "image.h"

/**
 * image_extent() - the next piece of memory that travels with an address space or an inode
 * @n: the one before, NULL: the first
 * @start: its address, or offset
 */
struct node *image_extent(const struct iobj *o, struct node *n, uint64_t *start);

/** struct imem - an image whose extents can be found quickly; it is for one thread at a time */
struct imem;
struct imem *imem_new(const struct image *im);
void imem_free(struct imem *m);
/** imem_failed() - there was no memory for all of it: what was found is not all there is */
bool imem_failed(const struct imem *m);

/**
 * imem_run() - where the bytes at @at come from
 * @n: the payload, @off: where in it; NULL: the checkpoint has none there
 * @of: the object that the payload is of: @mm, the one it was forked from, or an inode (may be NULL)
 * Return: the end of the run, for which that holds
 */
uint64_t imem_run(struct imem *m, const struct iobj *mm, uint64_t at, struct node **n, off_t *off,
		  const struct iobj **of);

/** imem_read() - up to @size bytes. Return: how many the checkpoint has from there on, or an errno */
ssize_t imem_read(struct imem *m, const struct iobj *mm, void *buf, size_t size, uint64_t at);

#endif
