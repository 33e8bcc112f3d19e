/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that a task still shares copy-on-write with its parent. */
#ifndef CRFS_RES_MM_COW_H
#define CRFS_RES_MM_COW_H

#include "mm.h"
#include "scan.h"

struct cow;

/** cow_begin() - look for the parent of @mm's task; *@c is NULL if there is none */
int cow_begin(struct snap *s, struct mm *mm, struct cow **c);
void cow_end(struct cow *c);

/** cow_look() - find what of the pages @range in @row are the parent's */
int cow_look(struct cow *c, const struct crfs_vma *row, const struct range *range, size_t nr);

/**
 * cow_next() - the first shared pages in a range of what cow_look() looked at
 * @from, @to: these pages; both @end if there are none
 * Return: are there any?
 */
bool cow_next(struct cow *c, uint64_t start, uint64_t end, uint64_t *from, uint64_t *to);

/** cow_add() - note them as a row of the tree; no such row crosses a mapping's end */
int cow_add(const struct cow *c, struct ranges *found, const struct crfs_vma *row, uint64_t from,
	    uint64_t to);

/** cow_fits() - can pages of @a stay where they are when the task gets mapping @b? */
bool cow_fits(const struct crfs_vma *a, const struct crfs_vma *b);

#endif
