/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a task as the checkpoint has it, wherever in it that stands. */
#ifndef CRTAR_MEMORY_H
#define CRTAR_MEMORY_H

#include "look.h"

/**
 * memory_run() - where the bytes at @at come from
 * @n: the payload, @off: where in it; NULL: the checkpoint has none there
 * Return: the end of the run, for which that holds
 */
uint64_t memory_run(const struct look *l, const struct iobj *mm, uint64_t at, struct node **n, off_t *off);

/** memory_read() - up to @size bytes. Return: how many the checkpoint has from there on, or an errno */
ssize_t memory_read(const struct look *l, const struct iobj *mm, void *buf, size_t size, uint64_t at);

/** memory_keep_args() - for source.keep: stage the memory that holds the arguments of programs */
bool memory_keep_args(struct source *s, struct node *n);

/** memory_keep_pages() - the same of all memory */
bool memory_keep_pages(struct source *s, struct node *n);

#endif
