/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting pages in place. */
#ifndef CRFS_RES_MM_FILL_H
#define CRFS_RES_MM_FILL_H

#include "mm.h"

/**
 * struct ops - where calls go: to the tape, or to a list beside it that a helper plays
 * @op, @nr: that list, or NULL
 * @window: where the task may map an extent while it is put in place
 * @spend: give back what was staged when it is in place
 */
struct ops {
	struct tape *tape;
	struct tape_op *op;
	size_t nr;
	uint64_t window;
	bool spend;
};

struct tape_op *ops_add(struct ops *o, const char *what, long nr, uint64_t a, uint64_t b, uint64_t c,
			uint64_t d, uint64_t e, uint64_t f);

/** ops_spend() - these staged bytes are in place: give their memory back, unless others need them */
void ops_spend(struct ops *o, int fd, off_t off, uint64_t n);

/** fill_all() - ops that put the extents of @o, which @rt builds, in place; all is mapped, and writable */
void fill_all(const struct restore *rs, const struct rtask *rt, const struct iobj *o,
	      struct mmdata *d, struct tape *t);

/** huge_plant() - before that: huge pages only where extents fill them (huge.c) */
void huge_plant(const struct iobj *o, const struct mmdata *d, struct tape *t);
/** huge_wanted() - does the first touch of @r make huge pages? @always: huge_always() */
bool huge_wanted(const struct crfs_vma *r, bool always);
bool huge_always(void);

/** paste_plan() - find which extents are pasted (staged->paste). Return: is any? */
bool paste_plan(const struct restore *rs, const struct rtask *rt, const struct iobj *o,
		struct mmdata *d);
/** paste_begin(), paste_end() - ops before the first and behind the last of them */
void paste_begin(const struct mmdata *d, struct tape *t);
void paste_end(const struct restore *rs, struct tape *t);
/** paste_one() - ops that paste @st. Return: the next */
const struct staged *paste_one(const struct staged *st, struct ops *o);

#endif
