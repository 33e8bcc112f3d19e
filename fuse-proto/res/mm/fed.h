/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address spaces whose pages come from outside, when their tasks are made (feed.h). */
#ifndef CRFS_RES_MM_FED_H
#define CRFS_RES_MM_FED_H

#include "feed.h"
#include "mm.h"

/** fed_device() - /dev/userfaultfd, or -1 */
int fed_device(void);

/** fed_plan() - find those that can be fed (mmdata->fed), @max at most */
void fed_plan(struct image *im, size_t max);

/** fed_put() - ops that make the task's userfaultfd, as its descriptor 0 */
void fed_put(const struct restore *rs, const struct rtask *rt, struct mmdata *d, struct tape *t);

/** fed_late() - ops for what must wait for the pages. Return: are there any? */
bool fed_late(struct restore *rs, struct iobj *o, struct tape *t);

/** fed_huge() - are huge pages wanted in it? */
bool fed_huge(const struct iobj *o);

/** fed_row() - which mapping @at is in, or NULL */
const struct crfs_vma *fed_row(const struct fed *f, uint64_t at);

/** fed_begin() - before the first page; @features: of the userfaultfd */
int fed_begin(struct fed *f, uint64_t features);

/** fed_pastes() - do the pages of @r come by UFFDIO_COPY? */
bool fed_pastes(const struct fed *f, const struct crfs_vma *r);

/** fed_copy() - put pages into what is registered, none of which may run yet. Return: 0 or a negative errno */
int fed_copy(const struct fed *f, uint64_t at, const char *buf, size_t len);

/** fed_done() - all its pages are there: nothing of it is registered any more */
int fed_done(struct fed *f, struct errlist *why);

#endif
