/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protection keys that a program has allocated. */
#ifndef CRFS_RES_MM_PKEYS_H
#define CRFS_RES_MM_PKEYS_H

#include "resource.h"

/** pkeys_ask() - ask which are allocated; @at: an address that nothing is mapped at */
void pkeys_ask(struct snap *s, struct task *t, uint64_t at, struct tape *tape);

/** pkeys_list() - the answer as a list */
void pkeys_list(const struct task *t, struct text *list);

/** pkeys_check() - can @list be put back here? */
void pkeys_check(struct image *im, const struct iobj *o, struct crfs_str list);

/** pkeys_put() - ops that allocate just these */
void pkeys_put(struct crfs_str list, struct tape *t);

#endif
