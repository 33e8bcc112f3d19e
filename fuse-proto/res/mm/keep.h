/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that a task inherits and keeps, since its pages are its parent's. */
#ifndef CRFS_RES_MM_KEEP_H
#define CRFS_RES_MM_KEEP_H

#include "mm.h"

struct keep;

/**
 * keep_plan() - what @rt can keep of the memory it is born with; *@k is NULL if nothing
 * Content of shared pages that it cannot keep is added to what is filled.
 * Return: 0 or a negative errno with the reason noted
 */
int keep_plan(struct restore *rs, struct rtask *rt, struct iobj *o, struct keep **k);

/** keep_any() - does anything stay? Then the program file does, too */
bool keep_any(const struct keep *k);

/** keep_next() - the first part of a mapping that is there already; both @end if there is none */
bool keep_next(const struct keep *k, uint64_t start, uint64_t end, uint64_t *from, uint64_t *to);

/** keep_drop() - ops that drop pages of such a part that were inherited and are not the task's */
void keep_drop(const struct keep *k, const struct mmdata *d, uint64_t from, uint64_t to,
	       struct tape *t);

/** keep_unmap() - ops that unmap all from @from to @to but what is kept */
void keep_unmap(const struct keep *k, uint64_t from, uint64_t to, struct tape *t);

#endif
